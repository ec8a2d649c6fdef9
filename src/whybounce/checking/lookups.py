"""Questions to the DNS, with answers that say why there is none. RFC 1035, RFC 2308, RFC 8914."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache
from time import time
from typing import Protocol

import dns.asyncquery
import dns.asyncresolver
import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.txtbase
import dns.resolver

from whybounce.checking.domains import to_ascii

_LARGEST_KEPT = 4096  # Octets of an answer: what strangers publish must not fill the memory.
_PAYLOAD = 1232  # Octets by UDP, so that no answer is cut into fragments.
_MOST_READ = 10_000  # Answers that are kept as they were read …
_LONGEST_READ = 4096  # … none of them longer, in characters.


class Absence(StrEnum):
    """Why there are no records."""

    NO_NAME = "no-name"  # NXDOMAIN: the name does not exist.
    NO_DATA = "no-data"  # The name exists and has no such records.
    FAILED = "failed"  # The resolver could not tell: SERVFAIL, REFUSED or silence.
    BOGUS = "bogus"  # The resolver could not tell because signatures do not hold.

    @property
    def is_undecided(self) -> bool:
        """Whether there may be records all the same: no fault of the domain is proven."""
        return self in {Absence.FAILED, Absence.BOGUS}


@dataclass(frozen=True, slots=True)
class Records:
    """What a look-up gave: values as text, whether they were validated, and why there are none."""

    values: tuple[str, ...] = ()
    secure: bool = False  # The resolver validated the answer: RFC 4035 §3.2.3.
    absence: Absence | None = None
    detail: str = ""  # What the resolver said, for administrators.
    canonical: str | None = None  # The name that has them, where the one asked for is an alias.
    until: float = field(default=0.0, compare=False)  # When they are asked for again, as time().

    @property
    def is_undecided(self) -> bool:
        """Whether nobody could tell: no fault of the domain is proven."""
        return self.absence is not None and self.absence.is_undecided


class Asking(Protocol):
    """Whoever can be asked: a resolver, or one that counts the questions of one message."""

    async def records(self, name: str, rdtype: str) -> Records:
        """Return the records of that name and type. Never raises for what the DNS says."""

    async def texts(self, name: str) -> Records:
        """Return TXT records, the strings of each joined (RFC 7208 §3.3)."""


async def doubt_about(asking: Asking, name: str) -> str | None:
    """Return why nobody should believe that a name does not exist; None where they may.

    A resolver inside a closed network denies all that it does not know: the root zone too.
    """
    root = await asking.records(".", "SOA")
    if root.is_undecided or root.absence is Absence.NO_NAME:
        return f"the resolver says that {name} does not exist, and knows no root zone either"
    return None


class Doubting:
    """Asks another, and takes no name for missing on the word of who knows no root zone either."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    async def records(self, name: str, rdtype: str) -> Records:
        """Return the records, or that nobody can tell."""
        return await self._believed(name, await self._asking.records(name, rdtype))

    async def texts(self, name: str) -> Records:
        """Return TXT records, or that nobody can tell."""
        return await self._believed(name, await self._asking.texts(name))

    async def _believed(self, name: str, records: Records) -> Records:
        if records.absence is not Absence.NO_NAME:
            return records
        doubt = await doubt_about(self._asking, name)
        return records if doubt is None else replace(records, absence=Absence.FAILED, detail=doubt)


_AsText = Callable[[dns.rdata.Rdata], str]


class Resolver:
    """Asks one name server, by dnspython; what it answers is cached by dnspython for its TTL."""

    def __init__(self, address: str, port: int = 53, *, seconds: float = 10.0) -> None:
        self.place = f"{address} port {port}"
        self._resolver = dns.asyncresolver.Resolver(configure=False)
        self._resolver.nameservers = [address] if address else []
        self._resolver.port = port
        self._resolver.lifetime = seconds
        self._cache = _Cache(10_000)
        self._resolver.cache = self._cache
        # RFC 6840 §5.7: AD in a query asks for AD in the answer, without all the signatures.
        self._resolver.set_flags(dns.flags.RD | dns.flags.AD)
        self._resolver.use_edns(0, 0, _PAYLOAD)
        # What was read of answers, as long as they hold: the reading is most of the cost.
        self._read: dict[tuple[str, str, _AsText], Records] = {}

    @classmethod
    def of_system(cls, *, seconds: float = 10.0) -> "Resolver":
        """Return one that asks whom this machine asks.

        Raises:
            OSError: The machine does not say whom it asks.

        """
        try:
            system = dns.asyncresolver.Resolver(configure=True)
        except dns.resolver.NoResolverConfiguration as error:
            raise OSError("this machine names no resolver (/etc/resolv.conf)") from error
        resolver = cls("", seconds=seconds)
        resolver._resolver.nameservers = system.nameservers
        return resolver

    async def records(self, name: str, rdtype: str) -> Records:
        """Return the records of that name and type. Never raises for what the DNS says."""
        return await self._records(name, rdtype, _presented)

    async def texts(self, name: str) -> Records:
        """Return TXT records, the strings of each joined (RFC 7208 §3.3).

        What is no UTF-8 is replaced; control characters stay. At most 64 KiB: a DNS message holds
        no more.
        """
        return await self._records(name, "TXT", _joined)

    async def _records(self, name: str, rdtype: str, as_text: _AsText) -> Records:
        question = (name, rdtype, as_text)
        read = self._read.get(question)
        if read is not None and time() < read.until:
            return read
        try:
            asked = _name(name)
        except (dns.exception.DNSException, UnicodeError) as error:
            return Records(absence=Absence.NO_NAME, detail=f"{name[:255]!r} is no name: {error}")
        answer = await self._asked(asked, name, rdtype)
        records = answer if isinstance(answer, Records) else _with_values(answer, as_text)
        kept = self._cached(asked, rdtype)
        if kept is None or records.is_undecided:
            return records
        records = replace(records, until=kept.expiration)
        if sum(map(len, records.values)) <= _LONGEST_READ:
            if len(self._read) >= _MOST_READ:
                self._read.clear()
            self._read[question] = records
        return records

    def _cached(self, asked: dns.name.Name, rdtype: str) -> dns.resolver.Answer | None:
        """Return the answer that dnspython's cache has; one that the name does not exist is for all."""
        for type_ in (dns.rdatatype.from_text(rdtype), dns.rdatatype.ANY):
            # An answer without records is false.
            answer: dns.resolver.Answer | None = self._cache.get((asked, type_, dns.rdataclass.IN))
            if answer is not None:
                return answer
        return None

    async def _asked(
        self, asked: dns.name.Name, name: str, rdtype: str
    ) -> dns.resolver.Answer | Records:
        """Return the answer where there are records, else why there are none."""
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
            failed = _failed(name, rdtype, error)
            is_bogus = failed.absence is Absence.FAILED and await self._knows_unchecked(
                asked, rdtype
            )
            return replace(failed, absence=Absence.BOGUS) if is_bogus else failed
        except dns.exception.DNSException as error:
            detail = f"no answer about {name} {rdtype}: {type(error).__name__}"
            return Records(absence=Absence.FAILED, detail=detail)
        if answer.rrset is None:
            secure = _is_validated(answer.response)
            detail = f"{name} has no {rdtype} records"
            return Records(absence=Absence.NO_DATA, secure=secure, detail=detail)
        return answer

    async def validates(self) -> bool | None:
        """Return whether it validates DNSSEC; None where the root zone cannot be asked about."""
        records = await self.records(".", "SOA")
        if records.absence in (Absence.FAILED, Absence.BOGUS):
            return None
        return records.secure

    async def _knows_unchecked(self, name: dns.name.Name, rdtype: str) -> bool:
        """Return whether there is an answer if nobody checks it: then it is bogus, RFC 4035 §3.2.2.

        For resolvers that do not say why they have none.
        """
        query = dns.message.make_query(name, rdtype, use_edns=0, payload=_PAYLOAD)
        query.flags |= dns.flags.CD
        where, port = str(self._resolver.nameservers[0]), self._resolver.port
        try:
            answer = await dns.asyncquery.udp(query, where, self._resolver.timeout, port)
        except (dns.exception.DNSException, OSError):
            return False
        return answer.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN)


class _Cache(dns.resolver.LRUCache):
    """dnspython's, which counts answers and not octets: large ones are asked for anew each time."""

    def put(self, key: dns.resolver.CacheKey, value: dns.resolver.Answer) -> None:
        """Keep the answer unless it is large."""
        if len(value.response.wire or b"") <= _LARGEST_KEPT:
            super().put(key, value)


class LookUps:
    """The look-ups of one message, or of one question of a person, all of them within limits; what is beyond is not known.

    So a stranger's records can neither keep us busy without end nor fill the memory.
    """

    def __init__(
        self,
        resolver: Asking,
        *,
        most: int = 200,
        octets: int = 1_000_000,
        seconds: float = 20.0,
    ) -> None:
        self._resolver = resolver
        self._left = most
        self._octets_left = octets
        self._ends = asyncio.get_running_loop().time() + seconds
        self._limits = f"{most} look-ups, {octets:,} octets, {seconds:g} seconds"

    async def records(self, name: str, rdtype: str) -> Records:
        """Return the records, or that a limit is reached."""
        return await self._within(name, self._resolver.records(name, rdtype))

    async def texts(self, name: str) -> Records:
        """Return TXT records, or that a limit is reached."""
        return await self._within(name, self._resolver.texts(name))

    async def _within(self, name: str, asking: Coroutine[None, None, Records]) -> Records:
        self._left -= 1
        if self._left < 0 or self._octets_left < 0:
            asking.close()
            return self._beyond(name)
        try:
            async with asyncio.timeout_at(self._ends):
                records = await asking
        except TimeoutError:
            return self._beyond(name)
        self._octets_left -= sum(map(len, records.values))
        return records

    def _beyond(self, name: str) -> Records:
        detail = f"{name[:255]} gave no answer within what one question may cost: {self._limits}"
        return Records(absence=Absence.FAILED, detail=detail)


@lru_cache(maxsize=4096)  # The same names are asked about for each message.
def _name(name: str) -> dns.name.Name:
    written = to_ascii(name)
    if written is None:
        raise dns.name.IDNAException
    return dns.name.from_text(written).canonicalize()


def _with_values(answer: dns.resolver.Answer, as_text: _AsText) -> Records:
    rdatas = answer.rrset or ()
    canonical = None
    if answer.canonical_name != answer.qname:
        canonical = answer.canonical_name.canonicalize().to_text(omit_final_dot=True)
    values = tuple(sorted(map(as_text, rdatas)))
    return Records(values, _is_validated(answer.response), canonical=canonical)


def _presented(rdata: dns.rdata.Rdata) -> str:
    return rdata.to_text()


def _joined(rdata: dns.rdata.Rdata) -> str:
    strings = rdata.strings if isinstance(rdata, dns.rdtypes.txtbase.TXTBase) else ()
    return b"".join(strings).decode("utf-8", "replace")


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
