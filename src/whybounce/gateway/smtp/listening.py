"""A listener: takes connections, carries their octets to the dialogue, and its questions to a handler.

One task for each connection pulls events and awaits the handler; while it awaits, octets wait in the
dialogue, and beyond a bound in the kernel. The replies of one read leave in one write.
"""

import asyncio
import contextlib
import logging
import secrets
import socket
import ssl
from collections.abc import Callable, Coroutine
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import cast

from whybounce.gateway.smtp.consulting import Consulted
from whybounce.gateway.smtp.handler import Handler
from whybounce.gateway.smtp.server import ServerDialogue, ServerSettings, TlsMode, answers
from whybounce.gateway.smtp.server.counting import Caps, ConnectionCount
from whybounce.gateway.smtp.server.events import (
    BodyBegins,
    BodyChunk,
    BodyDropped,
    Closed,
    Ending,
    TlsWanted,
)
from whybounce.gateway.smtp.server.throttle import AuthThrottle
from whybounce.gateway.smtp.tls import TlsChannel, TlsError
from whybounce.vocabulary.reply import Reply
from whybounce.vocabulary.session import Session

_log = logging.getLogger(__name__)

_BACKLOG = 1024
_WRITE_BUFFER = 65_536  # Octets the client has not read; above, nothing more is carried out.
_LINGER = 5.0  # Seconds in which a client we hung up on can read why.
_SLOWEST_WATCH = 5.0  # Seconds between two looks at a connection's deadlines.


class Listener:
    """One port, or several that are alike, and the connections that came in by it.

    ``settings`` and ``tls`` may be replaced at any time; connections keep what they began with.
    """

    def __init__(
        self,
        settings: ServerSettings,
        new_handler: Callable[[], Handler],
        *,
        tls: ssl.SSLContext | None = None,
        caps: Caps | None = None,
        throttle: AuthThrottle | None = None,
        handler_seconds: float = 120,
        plain_faults: tuple[type[Exception], ...] = (),
    ) -> None:
        """Listen nowhere yet.

        Args:
            settings: What is offered, and to whom.
            new_handler: Makes what decides about one connection.
            tls: The certificate, where TLS is offered.
            caps: How many connections there may be.
            throttle: What slows down who guesses passwords.
            handler_seconds: How long a handler may take for one answer.
            plain_faults: What handlers raise that says all there is to know in its one sentence.

        """
        if settings.tls is not TlsMode.OFF and tls is None:
            raise ValueError(f"tls = {settings.tls} needs a certificate")
        self.settings = settings
        self.tls = tls
        self.new_handler = new_handler
        self.count = ConnectionCount(caps or Caps())
        self.throttle = throttle or AuthThrottle()
        self.handler_seconds = handler_seconds
        self.plain_faults = plain_faults
        self.connections: set[ServerConnection] = set()
        self.is_draining = False
        self._servers: list[asyncio.Server] = []

    async def listen(self, host: str, port: int) -> None:
        """Take connections at an address. Raises OSError where that cannot be had."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: ServerConnection(self), host, port, backlog=_BACKLOG
        )
        self._servers.append(server)

    @property
    def ports(self) -> list[int]:
        """The ports in use, which tells where port 0 led to."""
        return [bound.getsockname()[1] for server in self._servers for bound in server.sockets]

    async def drain(self, seconds: float) -> None:
        """Take no more connections, let messages under way come to their end, then hang up."""
        self.is_draining = True
        for server in self._servers:
            server.close()
        self._servers.clear()
        tasks = [connection.task for connection in self.connections]
        for connection in self.connections:
            connection.wind_down()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        for connection in tuple(self.connections):
            connection.abort()


class ServerConnection(asyncio.Protocol):
    """One client's connection."""

    task: "asyncio.Task[None]"

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._settings = listener.settings
        self._loop = asyncio.get_running_loop()
        self._waker: asyncio.Future[None] | None = None
        self._channel: TlsChannel | None = None
        self._asked: float | None = None  # When the handler was asked what it has not answered.
        self._is_overdue = False
        self._is_lost = False
        self._is_refused = False  # By the listener: there are too many, or it stops.
        self._is_over = False
        self._has_left = False
        self._is_reading = True
        self._can_write = True

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the conversation, or say that there is no room for it."""
        self._transport = cast("asyncio.Transport", transport)
        refusal = self._listener.count.enter()
        if self._listener.is_draining:  # The kernel gave it to us just before we closed the door.
            refusal = answers.SHUTTING_DOWN
        peer = transport.get_extra_info("peername")
        if refusal is not None or peer is None:  # None: it has gone already.
            self._refuse(refusal)
            return
        # asyncio sets this only where the listening socket was made with the protocol's number.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._transport.set_write_buffer_limits(_WRITE_BUFFER)
        self._listener.connections.add(self)
        session = Session(secrets.token_hex(8), self._settings.listener, _address(peer[0]), peer[1])
        self._dialogue = ServerDialogue(self._settings, session, self._loop.time())
        limits = self._settings.limits
        self._pace = min(
            _SLOWEST_WATCH,
            self._listener.handler_seconds,
            limits.idle_seconds,
            limits.data_idle_seconds,
            limits.tls_seconds,
            limits.message_seconds,
            limits.session_seconds,
        )
        self._timer = self._loop.call_later(self._pace, self._watch)
        self.task = self._loop.create_task(self._converse())

    def data_received(self, data: bytes) -> None:
        """Carry octets to the dialogue."""
        if self._is_over:
            return
        try:
            self._take(data)
        except TlsError as error:
            _log.info("%s: TLS failed: %s", self._dialogue.session.id, error)
            self._dialogue.receive_end()
            self._write_encrypted()
        if self._is_reading and not self._dialogue.wants_input:
            self._is_reading = False
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        """Let what was sent before be answered."""
        if self._is_over:
            return False
        self._dialogue.receive_end()
        self._wake()
        return self._channel is None

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's name
        """Let the conversation end. A question that is open is answered all the same."""
        self._is_lost = True
        self._can_write = True
        if self._is_refused:
            self._listener.count.leave()
            return
        if self._has_left:
            self._timer.cancel()
            self._listener.connections.discard(self)
        self._dialogue.receive_end()
        self._wake()

    def pause_writing(self) -> None:
        """Wait for a client that does not read."""
        self._can_write = False

    def resume_writing(self) -> None:
        """Go on."""
        self._can_write = True
        self._wake()

    def _refuse(self, refusal: answers.Answer | None) -> None:
        """Say why it cannot stay, where that can be said before TLS and without a PROXY header."""
        self._is_over = self._is_refused = True
        can_say = self._settings.tls is not TlsMode.IMPLICIT and not self._settings.proxies
        if refusal is not None and can_say:
            self._transport.write(refusal.octets)
        self._transport.close()

    # What the listener calls.

    def wind_down(self) -> None:
        """Say goodbye as soon as no message is under way."""
        self._dialogue.wind_down()
        self._wake()

    def abort(self) -> None:
        """Drop the connection."""
        self._transport.abort()

    # Octets.

    def _take(self, data: bytes) -> None:
        now = self._loop.time()
        channel = self._channel
        if channel is None:
            self._dialogue.receive(data, now)
            return
        was_established = channel.is_established
        octets = channel.receive(data)
        self._write_encrypted()
        if channel.is_established and not was_established:
            self._dialogue.tls_started(channel.tls, now)
        self._dialogue.receive(octets, now)
        if channel.has_ended:
            self._dialogue.receive_end()

    def _flush(self) -> None:
        octets = self._dialogue.to_send()
        if not octets or self._is_lost:
            return
        if self._channel is None:
            self._transport.write(octets)
        else:
            self._channel.send(octets)
            self._write_encrypted()

    def _write_encrypted(self) -> None:
        octets = self._channel.to_send() if self._channel else b""
        if octets and not self._is_lost:
            self._transport.write(octets)

    def _start_tls(self, received: bytes) -> None:
        if self._listener.tls is None:
            raise RuntimeError("TLS without a certificate")
        self._flush()
        self._channel = TlsChannel(self._listener.tls, server_side=True)
        if received:
            self.data_received(received)

    def _wake(self) -> None:
        if self._waker is not None and not self._waker.done():
            self._waker.set_result(None)

    async def _sleep(self) -> None:
        """Wait until something arrives, leaves or is due."""
        if not self._is_reading and self._dialogue.wants_input:
            self._is_reading = True
            self._transport.resume_reading()
        self._waker = self._loop.create_future()
        await self._waker

    def _watch(self) -> None:
        """Look whether the client or the handler has taken too long."""
        now, deadline = self._loop.time(), self._dialogue.deadline
        if self._asked is not None:
            if now >= self._asked + self._listener.handler_seconds and not self._is_overdue:
                self._is_overdue = True
                self.task.cancel()
        elif deadline is not None and now >= deadline:
            self._dialogue.expire(now)
            if not self._can_write:  # It does not even read: there is no use in telling it.
                self.abort()
            self._wake()
        self._timer = self._loop.call_later(self._pace, self._watch)

    # The conversation.

    async def _converse(self) -> None:
        ending = Ending.LOST
        listener = self._listener
        handler = Consulted(
            listener.new_handler, listener.count, listener.throttle, self._loop.time
        )
        try:
            ending = await self._carry_on(handler)
        except asyncio.CancelledError:
            ending = Ending.SHUT_DOWN
            raise
        except TlsError as error:
            _log.info("%s: TLS broke: %s", self._dialogue.session.id, error)
        except Exception:  # noqa: BLE001  # whatever it is, the listener goes on
            _log.exception("%s: the conversation broke off", self._dialogue.session.id)
        finally:
            self._is_over = True
            self._timer.cancel()
            self._close(ending)
            await self._finish(handler, ending)

    async def _carry_on(self, handler: Consulted) -> Ending:
        dialogue = self._dialogue
        while True:
            event = dialogue.next_event() if self._can_write else None
            if event is None:
                self._flush()
                await self._sleep()
            elif isinstance(event, Closed):
                return event.ending
            elif isinstance(event, BodyChunk):
                fault = await self._guarded(handler.write(event.octets))
                if fault is not None:
                    await self._guarded(handler.give_up_message(fault))
            elif isinstance(event, BodyDropped):
                await self._guarded(handler.drop_message())
            elif isinstance(event, TlsWanted):
                self._start_tls(event.received)
            else:
                reply = await self._guarded(handler.answer(event))
                dialogue.answer(reply, self._loop.time())
                if isinstance(event, BodyBegins) and handler.mends_line_ends:
                    dialogue.mend_line_ends()

    async def _guarded(self, deciding: Coroutine[None, None, Reply | None]) -> Reply | None:
        """Return what the handler answers; 451 where it fails or does not answer."""
        self._asked = self._loop.time()
        try:
            return await deciding
        except asyncio.CancelledError:
            if not self._is_overdue:
                raise
            self._is_overdue = False
            self.task.uncancel()
            _log.error("%s: the handler gave no answer in time", self._dialogue.session.id)
        except Exception as error:  # noqa: BLE001  # whatever it is, the client gets an answer
            self._note(error)
        finally:
            self._asked = None
        return answers.OUR_FAULT.filled(trace=self._dialogue.session.id)

    def _note(self, error: Exception) -> None:
        said = "%s: the handler failed"
        if isinstance(error, self._listener.plain_faults):
            _log.warning(f"{said}: %s", self._dialogue.session.id, error)
        else:
            _log.error(said, self._dialogue.session.id, exc_info=error)

    # The end.

    def _close(self, ending: Ending) -> None:
        if self._is_lost:
            return
        try:
            self._flush()
            if self._channel is not None:
                self._channel.end()
                self._write_encrypted()
        except TlsError:
            self.abort()
        if ending in {Ending.QUIT, Ending.LOST, Ending.BAD_PROXY}:
            self._transport.close()
        else:
            # Closing while the client still sends would reset the connection, and with it our words.
            with contextlib.suppress(OSError):  # The client has reset the connection just now.
                self._transport.write_eof()
            self._transport.resume_reading()
        self._timer = self._loop.call_later(_LINGER, self.abort)

    async def _finish(self, handler: Consulted, ending: Ending) -> None:
        try:
            await handler.closed(self._dialogue.session, ending)
        except Exception as error:  # noqa: BLE001  # the connection is over all the same
            self._note(error)
        self._has_left = True
        self._listener.count.leave()
        if self._is_lost:
            self._listener.connections.discard(self)


def _address(written: str) -> IPv4Address | IPv6Address:
    """Return the address without its zone; one of IPv4 in IPv6's clothes as what it is."""
    address = ip_address(written.partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
