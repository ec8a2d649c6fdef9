"""A connection made ready to hand mail over: connected, greeted, encrypted and signed in.

Where TLS fails and the policy allows less, a second connection is made: after a failed handshake the
first is of no use (RFC 3207 §4.1). Every step that went wrong is told, that one too.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from enum import StrEnum

from whybounce.checking.certificates import loaded, shown
from whybounce.checking.tls import opportunistic_context
from whybounce.gateway.delivery.attempts import Obstacle, Remote
from whybounce.gateway.delivery.mail_exchangers import Host
from whybounce.gateway.delivery.tls_policies import TlsPolicy
from whybounce.gateway.smtp.client import Answered, ClientSettings, Fault, ServerReply
from whybounce.gateway.smtp.connecting import ClientConnection, connect
from whybounce.vocabulary.session import Tls

_CONNECT = "connect"
_LOOKING = 10  # Seconds for what a server shows that was refused.


class Encryption(StrEnum):
    """When TLS begins."""

    STARTTLS = "starttls"
    IMPLICIT = "implicit"  # At once: RFC 8314 §3.3.


@dataclass(frozen=True, slots=True)
class Login:
    """How we sign in at a smarthost."""

    account: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Line:
    """Where a connection goes, and how: what two deliveries must share to share a connection."""

    host: Host
    address: str
    port: int
    policy: TlsPolicy
    encryption: Encryption = Encryption.STARTTLS
    login: Login | None = None
    lmtp: bool = False


@dataclass(frozen=True, slots=True)
class Trouble:
    """A step that went wrong."""

    remote: Remote
    command: str
    said: Answered | Obstacle


@dataclass(slots=True)
class Opened:
    """A connection, or none; and what went wrong on the way to it."""

    connection: ClientConnection | None
    remote: Remote
    troubles: tuple[Trouble, ...] = ()
    is_fresh: bool = True  # Nothing was handed over by it yet.
    handed_over: int = 0  # How many messages were.


@dataclass(frozen=True, slots=True, kw_only=True)
class Opener:
    """Opens connections, all in the same manner."""

    smtp: ClientSettings
    lmtp: ClientSettings
    seconds: float = 30  # For TCP to connect to one address.
    local_addresses: tuple[str, ...] = ()  # To connect from, one of each family; else any.

    async def open(self, line: Line) -> Opened:
        """Return a connection ready for MAIL, or what went wrong. Never raises for the remote."""
        troubles: list[Trouble] = []
        async for way, encrypt in _ways(line, troubles):
            opened = await self._open(way, troubles, encrypt=encrypt)
            if opened is not None:
                return opened
        return Opened(None, troubles[-1].remote, tuple(troubles))

    async def _open(self, line: Line, troubles: list[Trouble], *, encrypt: bool) -> Opened | None:
        connection = await self._connect(line, troubles)
        if connection is None:
            return None
        is_ready = False
        try:
            trouble = await _make_ready(connection, line, encrypt=encrypt)
            is_ready = trouble is None
        finally:
            if not is_ready:
                connection.abort()
        if trouble is not None:
            troubles.append(await self._with_certificate(trouble, connection, line))
            return None
        return Opened(connection, _remote(line, connection), tuple(troubles))

    async def _connect(self, line: Line, troubles: list[Trouble]) -> ClientConnection | None:
        try:
            return await self._connected(line)
        except OSError as error:  # TimeoutError is one.
            obstacle = Obstacle(_cause(error), f"{line.address} port {line.port}: {_words(error)}")
            troubles.append(Trouble(_remote(line), _CONNECT, obstacle))
            return None

    async def _connected(self, line: Line) -> ClientConnection:
        return await connect(
            line.host.name,
            line.address,
            line.port,
            self.lmtp if line.lmtp else self.smtp,
            seconds=self.seconds,
            local_address=self._local_address(line.address),
        )

    def _local_address(self, to: str) -> str | None:
        """Return what to connect from. With none of that family nothing leaves by it."""
        fitting = [each for each in self.local_addresses if (":" in each) is (":" in to)]
        return next(iter((*fitting, *self.local_addresses)), None)

    async def _with_certificate(
        self, trouble: Trouble, connection: ClientConnection, line: Line
    ) -> Trouble:
        """Add what the server shows, where that was refused: OpenSSL keeps it to itself.

        So it is asked once more, over a connection by which nothing is handed over.
        """
        said = trouble.said
        if isinstance(said, Answered) or not _is_untrusted(connection) or not line.policy.required:
            return trouble
        try:
            async with asyncio.timeout(_LOOKING):
                chain = await self._shown_chain(line)
        except OSError:
            return trouble
        own = next(iter(loaded(chain)), None)
        if own is None:
            return trouble
        evidence = f"{said.evidence}; the server shows the {shown(own)}"
        return replace(trouble, said=replace(said, evidence=evidence))

    async def _shown_chain(self, line: Line) -> tuple[bytes, ...]:
        connection = await self._connected(line)
        try:
            context, name = opportunistic_context(), _server_name(line)
            if line.encryption is Encryption.IMPLICIT:
                await connection.shake_hands(context, name)
            elif (await connection.greet()).is_good:
                await connection.start_tls(context, name)
            return connection.tls.chain if connection.tls else ()
        finally:
            connection.abort()


async def _ways(line: Line, troubles: list[Trouble]) -> AsyncIterator[tuple[Line, bool]]:
    """Yield what to ask for, and whether to encrypt; what is next only where TLS was in the way."""
    if line.policy.context is None:
        yield line, False
        return
    yield line, True
    while line.policy.otherwise is not None and troubles[-1].command == "STARTTLS":
        line = replace(line, policy=line.policy.otherwise)
        yield line, True
    may_be_clear = not line.policy.required and line.encryption is Encryption.STARTTLS
    if may_be_clear and troubles[-1].command == "STARTTLS":
        yield line, False


async def _make_ready(connection: ClientConnection, line: Line, *, encrypt: bool) -> Trouble | None:
    """Go from the connection to MAIL; return what stood in the way."""
    context = line.policy.context
    if encrypt and context is not None and line.encryption is Encryption.IMPLICIT:
        fault = await connection.shake_hands(context, _server_name(line))
        if fault is not None:
            return _tls_trouble(connection, line, Answered("STARTTLS", fault))
    answered = await connection.greet()
    if not answered.is_good:
        return _trouble(connection, line, answered)
    if encrypt and context is not None and connection.tls is None:
        trouble = await _start_tls(connection, line, context)
        if trouble is not None:
            return trouble
    if connection.tls is not None and line.policy.judge is not None:
        obstacle = line.policy.judge(line.host, connection.tls)
        if obstacle is not None:
            return Trouble(_remote(line, connection), "STARTTLS", obstacle)
    return await _sign_in(connection, line)


async def _start_tls(
    connection: ClientConnection, line: Line, context: ssl.SSLContext
) -> Trouble | None:
    if "STARTTLS" not in connection.extensions:
        if not line.policy.required:
            return None
        return _no_tls(connection, line, f"{line.host.name} does not offer STARTTLS")
    answered = await connection.start_tls(context, _server_name(line))
    if answered.is_good:
        return None
    if connection.tls is not None:
        return _trouble(connection, line, answered)  # EHLO after the handshake went wrong.
    if isinstance(answered.heard, ServerReply):
        if line.policy.required:
            said = answered.heard.reply
            return _no_tls(connection, line, f"{line.host.name} refuses STARTTLS: {said}")
        if connection.is_usable:
            return None  # In the clear then.
    return _tls_trouble(connection, line, answered)


def _no_tls(connection: ClientConnection, line: Line, what: str) -> Trouble:
    """Return that there is no TLS where there must be."""
    obstacle = Obstacle("starttls-not-supported", f"{what}, and {_demanded_by(line)} demands it")
    return Trouble(_remote(line, connection), "STARTTLS", obstacle)


def _demanded_by(line: Line) -> str:
    return line.policy.source or f"the policy {line.policy.name!r}"


def _server_name(line: Line) -> str:
    return line.policy.server_name or line.host.name


async def _sign_in(connection: ClientConnection, line: Line) -> Trouble | None:
    if line.login is None:
        return None
    if connection.tls is None and line.policy.context is not None:
        # RFC 4954 §4: a password never goes where others can read it.
        evidence = f"{line.host.name} gives no TLS, without which no password is sent"
        obstacle = Obstacle("starttls-not-supported", evidence)
        return Trouble(_remote(line, connection), "AUTH", obstacle)
    answered = await connection.authenticate(line.login.account, line.login.password)
    return None if answered.is_good else _trouble(connection, line, answered)


def _trouble(connection: ClientConnection, line: Line, answered: Answered) -> Trouble:
    return Trouble(_remote(line, connection), answered.command, answered)


def _tls_trouble(connection: ClientConnection, line: Line, answered: Answered) -> Trouble:
    """Tell a certificate that is not believed from a handshake that fails."""
    fault = connection.tls_fault
    if answered.fault is not Fault.TLS_FAILED or fault is None:
        if not line.policy.required:
            return Trouble(_remote(line, connection), "STARTTLS", answered)
        fault = str(answered.fault)
    policy, demanded_by = line.policy, _demanded_by(line)
    if _is_untrusted(connection):
        why = fault.partition(": ")[2] or fault
        obstacle = Obstacle(policy.untrusted, f"{why.rstrip('.')} ({demanded_by})")
    else:
        evidence = f"the TLS handshake with {line.host.name} failed: {fault} ({demanded_by})"
        obstacle = Obstacle(policy.failed, evidence)
    return Trouble(_remote(line, connection), "STARTTLS", obstacle)


def _is_untrusted(connection: ClientConnection) -> bool:
    return (connection.tls_fault or "").startswith("certificate verify failed")


def _remote(line: Line, connection: ClientConnection | None = None) -> Remote:
    tls = connection.tls if connection else None
    told = _told(tls, line.policy) if tls else None
    return Remote(line.host.name, line.address, told, line.policy.name)


def _told(tls: Tls, policy: TlsPolicy) -> str:
    return f"{tls.version} {tls.cipher} ({policy.name})"


def _cause(error: OSError) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "connection-refused"
    return "connection-timed-out" if isinstance(error, TimeoutError) else "cannot-connect"


def _words(error: OSError) -> str:
    return error.strerror or str(error) or type(error).__name__
