"""Questions to the DNS, with answers that say why there is none. RFC 1035, RFC 2308, RFC 8914."""

from dataclasses import dataclass
from enum import StrEnum

import dns.asyncresolver
import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rdatatype
import dns.resolver

from whybounce.checking.domains import to_ascii

_PAYLOAD = 1232  # Octets by UDP, so that no answer is cut into fragments.


class Absence(StrEnum):
    """Why there are no records."""

    NO_NAME = "no-name"  # NXDOMAIN: the name does not exist.
    NO_DATA = "no-data"  # The name exists and has no such records.
    FAILED = "failed"  # The resolver could not tell: SERVFAIL, REFUSED or silence.
    BOGUS = "bogus"  # The resolver could not tell because signatures do not hold.


@dataclass(frozen=True, slots=True)
class Records:
    """What a look-up gave: values as text, whether they were validated, and why there are none."""

    values: tuple[str, ...] = ()
    secure: bool = False  # The resolver validated the answer: RFC 4035 §3.2.3.
    absence: Absence | None = None
    detail: str = ""  # What the resolver said, for administrators.


class Resolver:
    """Asks one name server, by dnspython; what it answers is cached by dnspython for its TTL."""

    def __init__(self, address: str, port: int = 53, *, seconds: float = 10.0) -> None:
        self._resolver = dns.asyncresolver.Resolver(configure=False)
        self._resolver.nameservers = [address]
        self._resolver.port = port
        self._resolver.lifetime = seconds
        self._resolver.cache = dns.resolver.LRUCache(10_000)
        # RFC 6840 §5.7: AD in a query asks for AD in the answer, without all the signatures.
        self._resolver.set_flags(dns.flags.RD | dns.flags.AD)
        self._resolver.use_edns(0, 0, _PAYLOAD)

    async def records(self, name: str, rdtype: str) -> Records:
        """Return the records of that name and type. Never raises for what the DNS says."""
        written = to_ascii(name)
        if written is None:
            return Records(absence=Absence.NO_NAME, detail=f"{name[:255]!r} is no name")
        try:
            asked = dns.name.from_text(written).canonicalize()
        except (dns.exception.DNSException, UnicodeError) as error:
            return Records(absence=Absence.NO_NAME, detail=f"{name[:255]!r} is no name: {error}")
        try:
            answer = await self._resolver.resolve(
                asked, rdtype, raise_on_no_answer=False, search=False
            )
        except dns.resolver.NXDOMAIN as error:
            return Records(
                absence=Absence.NO_NAME,
                secure=any(map(_is_validated, error.kwargs.get("responses", {}).values())),
                detail=f"{name} does not exist (NXDOMAIN)",
            )
        except dns.resolver.NoNameservers as error:
            return _failed(name, rdtype, error)
        except dns.exception.DNSException as error:
            detail = f"no answer about {name} {rdtype}: {type(error).__name__}"
            return Records(absence=Absence.FAILED, detail=detail)
        secure = _is_validated(answer.response)
        if answer.rrset is None:
            return Records(
                absence=Absence.NO_DATA, secure=secure, detail=f"{name} has no {rdtype} records"
            )
        return Records(tuple(sorted(rdata.to_text() for rdata in answer.rrset)), secure)


def _is_validated(response: dns.message.Message) -> bool:
    return bool(response.flags & dns.flags.AD)


def _failed(name: str, rdtype: str, error: dns.resolver.NoNameservers) -> Records:
    """Tell a zone whose signatures do not hold from one whose servers are down: RFC 8914 §4."""
    tries = error.kwargs.get("errors") or ()
    responses = [last for *_, last in tries if isinstance(last, dns.message.Message)]
    reasons = [
        option
        for response in responses
        for option in response.options
        if isinstance(option, dns.edns.EDEOption)
    ]
    said = "; ".join(option.to_text() for option in reasons) or "SERVFAIL or REFUSED"
    bogus = any(_BOGUS_FIRST <= option.code <= _BOGUS_LAST for option in reasons)
    return Records(
        absence=Absence.BOGUS if bogus else Absence.FAILED,
        detail=f"the resolver cannot tell about {name} {rdtype}: {said}",
    )


_BOGUS_FIRST, _BOGUS_LAST = 5, 12  # RFC 8914 §4.6 to §4.13: what a validator complains of.
