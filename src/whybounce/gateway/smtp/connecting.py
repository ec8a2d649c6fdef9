"""A connection to another server: carries octets between a client's scripts and a socket.

    connection = await connect("mx.example.org", "192.0.2.1", 25, settings)
    answered = await connection.greet()
    delivery = await connection.deliver(envelope, body, octets)
    await connection.quit()

Nothing here raises for what a server does once the connection stands: that is in the answers. What
raises is OSError and TimeoutError in ``connect``, and whatever the message's own source raises, after
which the connection is gone.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable
from typing import Any, Self, TypeVar, cast

from whybounce.gateway.smtp.client import (
    Answered,
    ClientDialogue,
    ClientSettings,
    Delivery,
    Fault,
    ServerReply,
)
from whybounce.gateway.smtp.client.dialogue import AwaitBody, Script
from whybounce.gateway.smtp.tls import TlsChannel, TlsError
from whybounce.vocabulary.envelope import Envelope
from whybounce.vocabulary.session import Tls

T = TypeVar("T")

_WRITE_BUFFER = 131_072  # Octets the server has not taken; above, the message's source waits.
_PIECE = 65_536  # How a message that is held whole is cut.


async def connect(
    host: str,
    address: str,
    port: int,
    settings: ClientSettings,
    *,
    seconds: float = 30,
    local_address: str | None = None,
) -> "ClientConnection":
    """Connect to an address of ``host``. Raises OSError and TimeoutError."""
    loop = asyncio.get_running_loop()
    local = (local_address, 0) if local_address is not None else None
    async with asyncio.timeout(seconds):
        _, connection = await loop.create_connection(
            lambda: ClientConnection(host, address, settings), address, port, local_addr=local
        )
    return connection


class ClientConnection(asyncio.Protocol):
    """One connection. One thing at a time is done with it."""

    def __init__(self, host: str, address: str, settings: ClientSettings) -> None:
        self.host = host
        self.address = address
        self.tls: Tls | None = None  # What TLS agreed on, with the server's certificates.
        self.tls_fault: str | None = None  # What OpenSSL said where TLS failed.
        self._settings = settings
        self._loop = asyncio.get_running_loop()
        self._dialogue = ClientDialogue(settings)
        self._channel: TlsChannel | None = None
        self._waker: asyncio.Future[None] | None = None
        self._is_lost = False
        self._can_write = True

    # What one does with it.

    @property
    def is_usable(self) -> bool:
        """Whether another message can be handed over."""
        return not self._transport.is_closing() and self._dialogue.is_usable

    @property
    def extensions(self) -> dict[str, str]:
        """What the server offers: EHLO's keywords in upper case, and what stands behind them."""
        return self._dialogue.extensions

    async def greet(self) -> Answered:
        """Hear the greeting and say hello."""
        return await self._run(self._dialogue.greet())

    async def start_tls(self, context: ssl.SSLContext, server_name: str | None = None) -> Answered:
        """Say STARTTLS, shake hands and say hello again; the answer is that of the last step.

        Where it is not good the connection may be ``is_usable`` in the clear: that is for the
        caller to decide. ``server_name`` is asked for, and what a verifying context verifies.
        """
        answered = await self._run(self._dialogue.start_tls())
        if not answered.is_good:
            return answered
        fault = await self.shake_hands(context, server_name)
        if fault is not None:
            return Answered("STARTTLS", fault)
        self._dialogue.tls_started()
        return await self._run(self._dialogue.hello())

    async def shake_hands(
        self, context: ssl.SSLContext, server_name: str | None = None
    ) -> Fault | None:
        """Start TLS without a word, as port 465 wants before the greeting. RFC 8314 §3.3."""
        try:
            channel = self._channel = TlsChannel(
                context, server_side=False, server_name=server_name or self.host
            )
        except TlsError as error:
            self.tls_fault = str(error)
            self.abort()
            return Fault.TLS_FAILED
        self._receive(b"")
        fault = await self._until(
            lambda: channel.is_established or self.tls_fault is not None,
            self._settings.patience.starttls,
        )
        if self.tls_fault is not None:
            fault = Fault.TLS_FAILED
        if fault is not None:
            self.abort()
            return fault
        self.tls = channel.tls
        return None

    async def authenticate(self, account: str, password: str) -> Answered:
        """Authenticate. The caller sees to it that nobody listens."""
        return await self._run(self._dialogue.authenticate(account, password))

    async def deliver(
        self, envelope: Envelope, body: bytes | AsyncIterable[bytes], octets: int | None = None
    ) -> Delivery:
        """Hand a message over. ``octets`` is its size, as SIZE declares it: RFC 1870."""
        if isinstance(body, bytes):
            return await self._run(self._dialogue.deliver(envelope, len(body)), _Held(body))
        script = self._dialogue.deliver(envelope, octets or 0)
        async with contextlib.aclosing(_filled(body)) as filled:
            return await self._run(script, filled)

    async def quit(self) -> Answered:
        """Say goodbye and close."""
        answered = await self._run(self._dialogue.quit())
        if self._channel is not None and not self._is_lost:
            self._channel.end()
            self._write_encrypted()
        self._transport.close()
        await self._until(lambda: self._is_lost, self._settings.patience.quit)
        return answered

    def abort(self) -> None:
        """Close without a word."""
        self._transport.abort()

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Prepare the socket."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(_WRITE_BUFFER)
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        """Carry octets to the dialogue, or to TLS."""
        self._receive(data)
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's name
        """Let whoever waits know."""
        self._is_lost = True
        self._wake()

    def pause_writing(self) -> None:
        """Wait for a server that does not read."""
        self._can_write = False

    def resume_writing(self) -> None:
        """Go on."""
        self._can_write = True
        self._wake()

    # Octets.

    def _receive(self, data: bytes) -> None:
        channel = self._channel
        if channel is None:
            self._dialogue.receive(data)
            return
        try:
            self._dialogue.receive(channel.receive(data))
        except TlsError as error:
            self.tls_fault = str(error)
        self._write_encrypted()
        if channel.has_ended or (self.tls_fault is not None and channel.is_established):
            self.abort()

    def _flush(self) -> None:
        octets = self._dialogue.to_send()
        if not octets or self._is_lost:
            return
        if self._channel is None:
            self._transport.write(octets)
            return
        try:
            self._channel.send(octets)
        except TlsError as error:
            self.tls_fault = str(error)
            self.abort()
        self._write_encrypted()

    def _write_encrypted(self) -> None:
        octets = self._channel.to_send() if self._channel else b""
        if octets and not self._is_lost:
            self._transport.write(octets)

    # Running scripts.

    async def _run(self, script: Script[T], body: AsyncIterator[bytes] | None = None) -> T:
        given: Any = None
        try:
            while True:
                step = script.send(given)
                if isinstance(step, AwaitBody):
                    if self._dialogue.octets_to_send >= _PIECE:
                        self._flush()  # What is less leaves together with what ends the message.
                    given = await self._next_piece(body, step.seconds)
                else:
                    self._flush()
                    given = await self._reply(step.seconds)
        except StopIteration as done:
            self._flush()
            return cast("T", done.value)
        except BaseException:
            # The message's source failed, or nobody waits any more: the server must not take half.
            self.abort()
            raise

    async def _reply(self, seconds: float) -> ServerReply | Fault:
        heard: ServerReply | Fault | None = None

        def has_heard() -> bool:
            nonlocal heard
            heard = self._dialogue.next_reply()
            return heard is not None

        fault = await self._until(has_heard, seconds)
        return heard or fault or Fault.LOST

    async def _next_piece(self, body: AsyncIterator[bytes] | None, seconds: float) -> bytes | Fault:
        """Return the next octets of the message when what was sent before has left."""
        fault = await self._until(lambda: self._can_write, seconds)
        if fault is not None or self._is_lost:
            return fault or Fault.LOST
        return b"" if body is None else await anext(body, b"")

    async def _until(self, is_so: Callable[[], bool], seconds: float) -> Fault | None:
        """Wait until it is so; the fault says why it will not be."""
        if is_so():
            return None
        try:
            async with asyncio.timeout(seconds):
                while not is_so():
                    if self._is_lost:
                        return Fault.LOST
                    self._waker = self._loop.create_future()
                    await self._waker
        except TimeoutError:
            return Fault.TIMED_OUT
        return None

    def _wake(self) -> None:
        if self._waker is not None and not self._waker.done():
            self._waker.set_result(None)


class _Held:
    """A message in memory, piece by piece; an asynchronous generator would cost more than they do."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._at = 0

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        piece = self._octets[self._at : self._at + _PIECE]
        if not piece:
            raise StopAsyncIteration
        self._at += len(piece)
        return piece


async def _filled(body: AsyncIterable[bytes]) -> AsyncGenerator[bytes, None]:
    """Leave out empty pieces, which would end the message."""
    async for piece in body:
        if piece:
            yield piece
