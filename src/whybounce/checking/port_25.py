"""Does anything answer on port 25 of the domain's mail servers? RFC 5321 §4.5.4.2.

Silence proves little: many networks let nobody out by port 25. So it counts against a server only where
another of the same domain answered, or where somebody refused in so many words.
"""

from collections.abc import Sequence

from whybounce.checking.mail_servers import Contact, Door, MailServer
from whybounce.vocabulary.cause import CheckName
from whybounce.vocabulary.finding import Answer, Finding

_SHOWN = 8
_SAYS_NO = {Contact.REFUSED, Contact.TURNED_AWAY}


def port_25(servers: Sequence[MailServer]) -> Finding:
    """Return whether the servers answer, at each of their addresses."""
    check = CheckName.PORT_25
    doors = [(server.host, door) for server in servers for door in server.doors]
    tried = [pair for pair in doors if pair[1].contact is not Contact.NOT_ALLOWED]
    evidence = _evidence(doors)
    if not tried:
        reason = doors[0][1].said if doors else "no server has an address"
        return Finding(check, Answer.UNKNOWN, evidence or reason, "not-tried", {"reason": reason})
    closed = [pair for pair in tried if pair[1].contact is not Contact.ANSWERED]
    # That this machine has no IPv6, say, is no fault of theirs.
    meant = [pair for pair in closed if pair[1].contact is not Contact.UNREACHABLE]
    if len(closed) == len(tried):
        says_no = next((pair for pair in closed if pair[1].contact in _SAYS_NO), None)
        if says_no is None:
            return Finding(check, Answer.UNKNOWN, evidence, "silent", _values(*closed[0]))
        result = says_no[1].contact.value
        return Finding(check, Answer.FAILS, evidence, result, _values(*says_no))
    if meant:
        return Finding(check, Answer.FAILS, evidence, "some", _values(*meant[0]))
    first = next(pair for pair in tried if pair[1].contact is Contact.ANSWERED)
    return Finding(check, Answer.HOLDS, evidence, "pass", _values(*first))


def _values(host: str, door: Door) -> dict[str, str]:
    return {"remote": host, "ip": door.address, "reason": door.said}


def _evidence(doors: Sequence[tuple[str, Door]]) -> str:
    told = [f"{host} [{door.address}]: {door.said}" for host, door in doors[:_SHOWN]]
    if len(doors) > _SHOWN:
        told.append(f"and {len(doors) - _SHOWN} more")
    own = next((door.own_address for _, door in doors if door.own_address), "")
    return "; ".join(told) + (f" (asked from {own})" if own else "")
