"""Has a host addresses? RFC 1035 §3.4.1, RFC 3596."""

import asyncio

from whybounce.checking.lookups import Absence, Asking, Records
from whybounce.vocabulary.cause import CheckName
from whybounce.vocabulary.finding import Answer, Finding

MOST_ADDRESSES = 8  # Of a host.


async def addresses(resolver: Asking, host: str) -> tuple[Records, Records]:
    """Ask for the IPv6 and the IPv4 addresses of a host at once."""
    asked = (resolver.records(host, rdtype) for rdtype in ("AAAA", "A"))
    sixth, fourth = await asyncio.gather(*asked)
    return sixth, fourth


async def addresses_of(resolver: Asking, *hosts: str) -> Finding:
    """Return whether each of the hosts has an address."""
    answers = await asyncio.gather(*(addresses(resolver, host) for host in hosts))
    check = CheckName.ADDRESSES
    without = [
        host for host, pair in zip(hosts, answers, strict=True) if not any(r.values for r in pair)
    ]
    undecided = next((r for pair in answers for r in pair if r.is_undecided), None)
    has_any = len(without) < len(hosts)
    if without and undecided is not None:
        return Finding(check, Answer.UNKNOWN, undecided.detail, "unknown", {"remote": without[0]})
    if not hosts:
        return Finding(check, Answer.UNKNOWN, "there is no host to ask about", "unknown")
    if without:
        named = ", ".join(without)
        evidence = f"no address: {named}"
        result = "some" if has_any else "none"
        return Finding(check, Answer.FAILS, evidence, result, {"remote": without[0]})
    count = sum(len(records.values) for pair in answers for records in pair)
    named = ", ".join(hosts[:3])
    evidence = f"{named}: {count} addresses" if count != 1 else f"{named}: 1 address"
    record = answers[0][1].values or answers[0][0].values
    return Finding(check, Answer.HOLDS, evidence, "pass", {"remote": hosts[0]}, record[0])


async def ipv6(resolver: Asking, *hosts: str) -> Finding:
    """Return whether one of the hosts can be reached by IPv6."""
    answers = await asyncio.gather(*(resolver.records(host, "AAAA") for host in hosts))
    check = CheckName.IPV6
    found = next((records for records in answers if records.values), None)
    if found is not None:
        return Finding(check, Answer.HOLDS, f"{found.values[0]}", "pass", record=found.values[0])
    undecided = next((records for records in answers if records.is_undecided), None)
    if undecided is not None or not hosts:
        detail = undecided.detail if undecided else "there is no host to ask about"
        return Finding(check, Answer.UNKNOWN, detail, "unknown")
    named = ", ".join(hosts[:3])
    absent = all(records.absence in {Absence.NO_NAME, Absence.NO_DATA} for records in answers)
    answer = Answer.FAILS if absent else Answer.UNKNOWN
    return Finding(check, answer, f"no IPv6 address: {named}", "none", {"remote": hosts[0]})


async def ipv6_of_sender(resolver: Asking, address: str, name: str) -> Finding | None:
    """Return whether the sending server has IPv6 too, by its name; None where it has no name."""
    check, values = CheckName.IPV6, {"ip": address, "remote": name, "helo": name}
    if ":" in address:
        return Finding(check, Answer.HOLDS, f"{address} is an IPv6 address", "sends", values)
    if not name:
        return None
    found = await resolver.records(name, "AAAA")
    if found.values:
        evidence = f"{name} has the address {found.values[0]}"
        return Finding(check, Answer.HOLDS, evidence, "also", values, found.values[0])
    if found.is_undecided:
        return Finding(check, Answer.UNKNOWN, found.detail, "unknown", values)
    return Finding(check, Answer.FAILS, found.detail, "only-ipv4", values)
