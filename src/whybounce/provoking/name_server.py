"""A DNS on loopback that answers as a validating resolver does: from records, without recursion.

What it can do beside answering: NXDOMAIN and "no such data" (RFC 2308) with or without the mark of
validation (AD, RFC 4035 §3.2.3), SERVFAIL with the reason a validator gives (EDE, RFC 8914), silence.
A name ``*.example`` answers for all below ``example`` that have no records of their own (RFC 4592).
"""

import asyncio
import errno
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar, cast

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

_TTL = 30  # Seconds; short, so that a changed record is soon seen.
_LONGEST_CHAIN = 8  # Of aliases.
_TRIES = 20  # To find a port that is free by TCP and by UDP.
_Said = TypeVar("_Said")


class Trouble(StrEnum):
    """What goes wrong when a name is asked for."""

    SERVFAIL = "servfail"
    BOGUS = "bogus"  # SERVFAIL, and the reason: its signatures do not hold.
    SILENT = "silent"  # No answer at all.
    REFUSED = "refused"
    DENIED = "denied"  # Nothing exists, says a resolver that does not tell the truth.


@dataclass(slots=True)
class Records:
    """What the name server knows; it may be changed while the server runs.

    ``data`` maps ``(name, type)`` to the values as a zone file writes them, names in lower case
    without the last dot. ``troubles`` and ``secure`` hold for a name and all below it; ``troubles_of_type``
    for one set alone. ``raw`` has answers octet for octet, the question's
    number put in front: what no honest server sends.
    """

    data: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    troubles: dict[str, Trouble] = field(default_factory=dict)
    secure: set[str] = field(default_factory=set)
    troubles_of_type: dict[tuple[str, str], Trouble] = field(default_factory=dict)
    raw: dict[tuple[str, str], bytes] = field(default_factory=dict)

    def add(self, name: str, rdtype: str, *values: str) -> None:
        """Add values to the set of that name and type."""
        key = (name.lower().rstrip("."), rdtype.upper())
        self.data[key] = (*self.data.get(key, ()), *values)


class NameServer:
    """Answers on one loopback address, by UDP and TCP."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self.port = 0
        self._datagrams: asyncio.DatagramTransport | None = None
        self._streams: asyncio.Server | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen.

        Raises:
            OSError: The port is taken.

        """
        for left in reversed(range(_TRIES if port == 0 else 1)):
            self._streams = await asyncio.start_server(self._serve_stream, host, port)
            self.port = self._streams.sockets[0].getsockname()[1]
            try:
                self._datagrams = await self._listen_for_datagrams(host)
            except OSError as error:
                await self.stop()
                if error.errno != errno.EADDRINUSE or not left:
                    raise
            else:
                return

    async def _listen_for_datagrams(self, host: str) -> asyncio.DatagramTransport:
        """Listen at TCP's port; a client that the kernel gave any may have it by UDP."""
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(self.records), local_addr=(host, self.port)
        )
        return transport

    async def stop(self) -> None:
        """Listen no longer."""
        if self._datagrams:
            self._datagrams.close()
        if self._streams:
            self._streams.close()
            await self._streams.wait_closed()

    async def _serve_stream(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            while size := await reader.readexactly(2):
                query = await reader.readexactly(int.from_bytes(size, "big"))
                answer = answer_to(query, self.records)
                if answer is None:
                    break
                writer.write(len(answer).to_bytes(2, "big") + answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, records: Records) -> None:
        self._records = records
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        answer = answer_to(data, self._records)
        if answer is not None and self._transport is not None:
            self._transport.sendto(_fitting(answer, data), addr)


def _fitting(answer: bytes, query: bytes) -> bytes:
    """Return the answer, or that it is too long for a datagram: RFC 1035 §4.2.1, RFC 6891 §6.2.3."""
    asked = dns.message.from_wire(query)
    if len(answer) <= max(512, asked.payload):
        return answer
    short = dns.message.make_response(asked, recursion_available=True)
    short.flags |= dns.flags.TC
    return short.to_wire()


def answer_to(query: bytes, records: Records) -> bytes | None:
    """Return the answer's bytes, or None for silence. What is no query gets silence, too."""
    try:
        asked = dns.message.from_wire(query)
        question = asked.question[0]
    except (dns.exception.DNSException, IndexError):
        return None
    name = question.name.to_text().lower().rstrip(".")
    rdtype = dns.rdatatype.to_text(question.rdtype)
    if raw := records.raw.get((name, rdtype)):
        return query[:2] + raw
    trouble = records.troubles_of_type.get((name, rdtype)) or _holding(records.troubles, name)
    if trouble is Trouble.SILENT:
        return None
    answer = dns.message.make_response(asked, recursion_available=True)
    if trouble is not None:
        _add_trouble(answer, trouble)
        return answer.to_wire(max_size=65_535)
    if _holding(dict.fromkeys(records.secure, True), name):
        answer.flags |= dns.flags.AD
    answer.set_rcode(_fill(answer, name, rdtype, records))
    return answer.to_wire(max_size=65_535)


_RCODES = {Trouble.REFUSED: dns.rcode.REFUSED, Trouble.DENIED: dns.rcode.NXDOMAIN}


def _add_trouble(answer: dns.message.Message, trouble: Trouble) -> None:
    answer.set_rcode(_RCODES.get(trouble, dns.rcode.SERVFAIL))
    if trouble is Trouble.BOGUS:
        reason = dns.edns.EDEOption(dns.edns.EDECode.DNSSEC_BOGUS, "signatures do not hold")
        answer.use_edns(edns=0, options=[reason])


def _fill(answer: dns.message.Message, name: str, rdtype: str, records: Records) -> dns.rcode.Rcode:
    """Add the records, following CNAMEs, and return what the whole amounts to."""
    for _ in range(_LONGEST_CHAIN):
        source = _source(name, records)
        if source is None:
            return dns.rcode.NXDOMAIN
        if values := records.data.get((source, rdtype)):
            answer.answer.append(_rrset(name, rdtype, values))
            return dns.rcode.NOERROR
        alias = records.data.get((source, "CNAME"))
        if not alias:
            break
        answer.answer.append(_rrset(name, "CNAME", alias))
        name = alias[0].lower().rstrip(".")
    else:
        answer.answer.clear()
        return dns.rcode.SERVFAIL  # A loop: so do resolvers answer.
    return dns.rcode.NOERROR


def _source(name: str, records: Records) -> str | None:
    """Return whose records answer: its own, or its wildcard's (RFC 4592 §3.3.1); None: nobody's."""
    names = {of for of, _ in records.data}
    encloser = name
    while encloser and not any(of == encloser or of.endswith(f".{encloser}") for of in names):
        encloser = encloser.partition(".")[2]
    if encloser == name:
        return name
    wildcard = f"*.{encloser}" if encloser else "*"
    return wildcard if wildcard in names else None


def _rrset(name: str, rdtype: str, values: Iterable[str]) -> dns.rrset.RRset:
    return dns.rrset.from_text_list(f"{name}.", _TTL, "IN", rdtype, list(values))


def _holding(about: Mapping[str, _Said], name: str) -> _Said | None:
    """Return what is said about the name or, failing that, about the nearest name above it."""
    while name:
        if name in about:
            return about[name]
        name = name.partition(".")[2]
    return about.get("")
