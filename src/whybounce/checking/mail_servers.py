"""What a mail server shows whoever comes by: a greeting on port 25, STARTTLS, certificates.

Rule 1: only addresses are connected to, never names, and only such as ``Reach`` allows: what a
stranger's records say must not lead us into a network of our own.
Rule 2: nothing is said but EHLO, STARTTLS and QUIT, and a server is asked one thing at a time.
Rule 3: every wait ends, and so does what a server may say.
"""

import asyncio
import contextlib
import ssl
import warnings
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from ipaddress import ip_address
from pathlib import Path

from whybounce.checking.certificates import shown_by
from whybounce.checking.subjects import is_public
from whybounce.checking.tls import opportunistic_context, verifying_context, words_of

_MOST_ADDRESSES = 4  # Of a host.
_LONGEST_LINE = 4096  # RFC 5321 §4.5.3.1.5 has 512.
_MOST_LINES = 100
_LONGEST_SAYING = 300
_GOODBYE = 1.0  # Seconds we wait for an answer to QUIT.


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What may be connected to, and how."""

    port: int = 25
    policy_port: int = 443  # Of the web servers that have MTA-STS policies.
    allow_private: bool = False  # Whether addresses of an inner network may be.
    authorities: Path | None = None  # A file of more to trust than this machine does, PEM.
    name: str = ""  # What we call ourselves; else by our address, RFC 5321 §4.1.3.
    seconds: float = 10.0  # For one connection.

    def allows(self, address: str) -> bool:
        """Return whether that address may be connected to."""
        return self.allow_private or is_public(ip_address(address))


class Contact(StrEnum):
    """What came of connecting to an address."""

    ANSWERED = "answered"
    REFUSED = "refused"  # Nothing listens there, or a firewall says so.
    SILENT = "silent"  # Nothing came back.
    UNREACHABLE = "unreachable"  # No way leads there from here.
    TURNED_AWAY = "turned-away"  # It answered, and not with a greeting: 554, or nothing at all.
    NOT_ALLOWED = "not-allowed"  # It belongs to an inner network: not tried.


@dataclass(frozen=True, slots=True)
class Door:
    """One address of a host."""

    address: str
    contact: Contact
    said: str  # The server's greeting, or what went wrong.
    extensions: frozenset[str] = frozenset()  # EHLO's keywords in upper case.
    own_address: str = ""  # By which we went, if all the world can know it.


@dataclass(frozen=True, slots=True)
class Encryption:
    """What STARTTLS came to."""

    is_offered: bool = False
    trouble: str = ""  # Why no handshake was done where it is offered.
    versions: tuple[str, ...] = ()  # Taken by the server, the newest first: "TLSv1.3".
    chain: tuple[bytes, ...] = ()  # Its certificates as it sent them, DER.
    distrust: str = ""  # Why the certificate does not prove the host's name; empty: it does.


@dataclass(frozen=True, slots=True)
class MailServer:
    """A host that takes mail, as it shows itself."""

    host: str
    doors: tuple[Door, ...]  # In the order of its addresses.
    encryption: Encryption | None = None  # None: it could not be asked.

    @property
    def answers(self) -> bool:
        """Whether any of its addresses does."""
        return any(door.contact is Contact.ANSWERED for door in self.doors)


class _OddReplyError(ValueError):
    """What came is no SMTP reply, or one that ends the conversation."""


class _UnwantedReplyError(_OddReplyError):
    """A reply that has another number than was wanted."""

    def __init__(self, line: str) -> None:
        super().__init__(f"it says: {line}")
        self.line = line


_ODD = (ValueError, EOFError, asyncio.LimitOverrunError)  # It says what it should not, or stops.


async def visit(
    host: str, addresses: Sequence[str], reach: Reach, *, seconds: float = 60.0
) -> MailServer:
    """Return how the host shows itself at its addresses. Never raises for what it does.

    What was not found out when ``seconds`` are over is not known.
    """
    ends = asyncio.get_running_loop().time() + seconds
    doors = await asyncio.gather(*(_door(each, reach) for each in addresses[:_MOST_ADDRESSES]))
    server = MailServer(host, tuple(doors))
    open_ = next((door for door in doors if door.contact is Contact.ANSWERED), None)
    if open_ is None:
        return server
    if "STARTTLS" not in open_.extensions:
        return replace(server, encryption=Encryption())
    try:
        async with asyncio.timeout_at(ends):
            return replace(server, encryption=await _encryption(host, open_.address, reach))
    except TimeoutError:
        return server


async def _door(address: str, reach: Reach) -> Door:
    if not reach.allows(address):
        return Door(address, Contact.NOT_ALLOWED, f"{address} belongs to an inner network")
    try:
        async with _conversation(address, reach) as conversation:
            greeting = await conversation.reply("220")
            hello = await conversation.hello()
            keywords = frozenset(line[4:].partition(" ")[0].upper() for line in hello[1:])
            own = conversation.own_address
            public = own if is_public(ip_address(own)) else ""
            return Door(address, Contact.ANSWERED, greeting[-1], keywords, public)
    except ConnectionRefusedError:
        return Door(address, Contact.REFUSED, "connection refused")
    except TimeoutError:
        said = f"no answer within {reach.seconds:g} seconds"
        return Door(address, Contact.SILENT, said)
    except (*_ODD, ConnectionError) as error:
        return Door(address, Contact.TURNED_AWAY, _words(error))
    except OSError as error:
        return Door(address, Contact.UNREACHABLE, _words(error))


async def _encryption(host: str, address: str, reach: Reach) -> Encryption:
    """Raise TimeoutError where the server stops answering after its first handshake."""
    try:
        lenient = await _handshake(host, address, reach, _lenient())
    except TimeoutError:
        lenient = f"no answer to STARTTLS within {reach.seconds:g} seconds"
    if isinstance(lenient, str):
        return Encryption(is_offered=True, trouble=lenient)
    trusting = await _handshake(host, address, reach, verifying(reach.authorities))
    older = [
        version
        for version in _OLDER.get(lenient.version, ())
        if not isinstance(await _handshake(host, address, reach, _exactly(version)), str)
    ]
    distrust = trusting if isinstance(trusting, str) else ""
    return Encryption(
        is_offered=True, versions=(lenient.version, *older), chain=lenient.chain, distrust=distrust
    )


@dataclass(frozen=True, slots=True)
class _Agreed:
    version: str
    chain: tuple[bytes, ...]


async def _handshake(
    host: str, address: str, reach: Reach, context: ssl.SSLContext
) -> _Agreed | str:
    """Return what STARTTLS agreed on, or why it did not."""
    try:
        async with _conversation(address, reach) as conversation:
            await conversation.reply("220")
            await conversation.hello()
            await conversation.ask("STARTTLS", "220")
            return await conversation.encrypt(context, host)
    except TimeoutError:
        raise
    except ssl.SSLCertVerificationError as error:
        return error.verify_message.rstrip(".")
    except ssl.SSLError as error:
        return words_of(error)
    except (*_ODD, OSError) as error:
        return _words(error)


@dataclass(frozen=True, slots=True)
class Said:
    """What a server said about a recipient, or why it could not be asked."""

    command: str  # The last: MAIL, RCPT; empty where it came to neither.
    reply: str  # Its last line, or what went wrong.


async def ask_recipient(host: str, address: str, recipient: str, reach: Reach) -> Said:
    """Return whether the server takes the recipient, without sending anything: RFC 5321 §3.3.

    The sender is the null one, so that nothing can come back. Encrypted where that is offered, by
    whatever certificate. For operators of a gateway alone: whoever asks about strangers' recipients
    collects addresses.

    Raises:
        ValueError: The recipient cannot stand in a command.

    """
    if not recipient.isascii() or not recipient.isprintable() or set(recipient) & set("<> "):
        raise ValueError(f"{recipient[:255]!r} cannot stand in a command")
    if not reach.allows(address):
        return Said("", f"{address} belongs to an inner network")
    command = ""
    try:
        async with _conversation(address, reach) as conversation:
            await conversation.reply("220")
            hello = await conversation.hello()
            if any(line[4:].strip().upper() == "STARTTLS" for line in hello[1:]):
                await conversation.ask("STARTTLS", "220")
                await conversation.encrypt(_lenient(), host)
                await conversation.hello()
            command = "MAIL"
            await conversation.ask("MAIL FROM:<>", "2")
            command = "RCPT"
            return Said(command, (await conversation.ask(f"RCPT TO:<{recipient}>", "2"))[-1])
    except _UnwantedReplyError as error:
        return Said(command, error.line)
    except TimeoutError:
        return Said("", f"no answer within {reach.seconds:g} seconds")
    except ssl.SSLError as error:
        return Said("", words_of(error))
    except (*_ODD, OSError) as error:
        return Said("", _words(error))


class _Conversation:
    """One connection, in which we ask and the server answers."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, reach: Reach
    ) -> None:
        self.own_address: str = writer.get_extra_info("sockname")[0]
        self._reader = reader
        self._writer = writer
        self._reach = reach

    async def hello(self) -> list[str]:
        """Return the lines of the answer to EHLO."""
        kind = "IPv6:" if ":" in self.own_address else ""
        name = self._reach.name or f"[{kind}{self.own_address}]"
        return await self.ask(f"EHLO {name}", "250")

    async def ask(self, command: str, wanted: str) -> list[str]:
        """Return the lines of the answer; it must be the one that is wanted."""
        self._writer.write(f"{command}\r\n".encode("ascii"))
        await self._writer.drain()
        return await self.reply(wanted)

    async def reply(self, wanted: str) -> list[str]:
        """Return the lines of a reply that has this number. RFC 5321 §4.2.1."""
        lines: list[str] = []
        while not lines or lines[-1][3:4] == "-":
            octets = await self._reader.readuntil(b"\n")
            line = octets.decode("utf-8", "replace").rstrip()
            if not (line[:3].isdecimal() and line[3:4] in {"", " ", "-"}):
                raise _OddReplyError(f"it says what is no SMTP reply: {_told(line)}")
            lines.append(_told(line))
            if len(lines) > _MOST_LINES:
                raise _OddReplyError(f"its reply has more than {_MOST_LINES} lines")
        if not lines[-1].startswith(wanted):
            raise _UnwantedReplyError(lines[-1])
        return lines

    async def encrypt(self, context: ssl.SSLContext, host: str) -> _Agreed:
        """Shake hands and return what was agreed on."""
        await self._writer.start_tls(
            context, server_hostname=host, ssl_handshake_timeout=self._reach.seconds
        )
        agreed: ssl.SSLObject = self._writer.get_extra_info("ssl_object")
        return _Agreed(agreed.version() or "", shown_by(agreed))

    async def part(self) -> None:
        """Say goodbye, as far as that is possible."""
        with contextlib.suppress(*_ODD, OSError):
            async with asyncio.timeout(_GOODBYE):
                await self.ask("QUIT", "221")


@asynccontextmanager
async def _conversation(address: str, reach: Reach) -> AsyncIterator[_Conversation]:
    async with asyncio.timeout(reach.seconds):
        reader, writer = await asyncio.open_connection(address, reach.port, limit=_LONGEST_LINE)
        try:
            conversation = _Conversation(reader, writer, reach)
            yield conversation
            await conversation.part()
        finally:
            writer.transport.abort()


_OLDER = {
    "TLSv1.3": ("TLSv1.2", "TLSv1.1", "TLSv1"),
    "TLSv1.2": ("TLSv1.1", "TLSv1"),
    "TLSv1.1": ("TLSv1",),
}
_VERSIONS = {
    "TLSv1.2": ssl.TLSVersion.TLSv1_2,
    "TLSv1.1": ssl.TLSVersion.TLSv1_1,
    "TLSv1": ssl.TLSVersion.TLSv1,
}


@cache
def _lenient() -> ssl.SSLContext:
    """Return a context that takes any certificate and any version: we look, and send nothing."""
    context = _of_any_certificate()
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    return context


@cache
def _exactly(version: str) -> ssl.SSLContext:
    context = _of_any_certificate()
    with warnings.catch_warnings():  # That these versions are old is what is to be found out.
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = _VERSIONS[version]
    return context


def _of_any_certificate() -> ssl.SSLContext:
    context = opportunistic_context()
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    return context


verifying = cache(verifying_context)  # Reading what this machine trusts takes 25 ms.


def _words(error: Exception) -> str:
    if isinstance(error, asyncio.IncompleteReadError | ConnectionError):
        return "it ended the connection"
    if isinstance(error, asyncio.LimitOverrunError):
        return f"it says a line of more than {_LONGEST_LINE} octets"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(error) or type(error).__name__


def _told(line: str) -> str:
    return "".join(each if each.isprintable() else " " for each in line)[:_LONGEST_SAYING]
