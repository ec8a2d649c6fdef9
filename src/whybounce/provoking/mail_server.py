"""Mail servers on loopback that do what a script tells them: accept, refuse, stall, hang up.

They speak just enough SMTP to be a remote server for ours, on purpose with an implementation
that shares nothing with ours.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

_LONGEST_LINE = 65_536
END_OF_DATA = "."


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server says about one recipient, and when."""

    reply: str | None  # A whole SMTP reply; None: it hangs up without a word.
    at: str = "RCPT"  # Or ``DATA``, or ``.`` for the end of the data.


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How a server answers. A reply is a whole SMTP reply, without its line end.

    ``replies`` maps a command's verb, or ``RCPT anna@example.org``, or ``.`` for the end of the
    data, to the reply that is not the usual one. ``hang_up_at`` and ``stall_at`` name the step at
    which the connection is closed or nothing more is said; ``BANNER`` is the first of them.
    """

    banner: str = "220 {host} ESMTP"
    extensions: tuple[str, ...] = ("PIPELINING", "SIZE 10485760", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "DSN")  # fmt: skip
    replies: dict[str, str] = field(default_factory=dict)
    hang_up_at: str | None = None
    stall_at: str | None = None
    certificate: ssl.SSLContext | None = None  # Offers STARTTLS where there is one.
    holds: float = 0  # Seconds before it says that it has taken a message.
    about: Callable[[str], Answer | None] | None = None  # A recipient's own answer, if it has one.


@dataclass(slots=True)
class Received:
    """One message that a server took."""

    mail_from: str
    recipients: list[str]
    data: bytes
    helo: str
    encrypted: bool


_USUAL = {
    "MAIL": "250 2.1.0 Ok",
    "RCPT": "250 2.1.5 Ok",
    "DATA": "354 Go ahead",
    ".": "250 2.0.0 Ok: queued",
    "RSET": "250 2.0.0 Ok",
    "NOOP": "250 2.0.0 Ok",
    "QUIT": "221 2.0.0 Bye",
}


class MailServer:
    """Listens on one loopback address; what it took is in ``received`` unless ``keep`` takes it."""

    def __init__(
        self,
        host: str,
        behaviour: Behaviour | None = None,
        *,
        keep: Callable[[Received], Awaitable[None]] | None = None,
    ) -> None:
        self.host = host
        self.behaviour = behaviour or Behaviour()
        self.keep = keep
        self.received: list[Received] = []
        self.connections = 0
        self.port = 0
        self._server: asyncio.Server | None = None
        self._stopping = asyncio.Event()
        self._conversations: set[asyncio.Task[None]] = set()

    async def start(self, address: str = "127.0.0.1", port: int = 0) -> None:
        """Listen.

        Raises:
            OSError: The address or the port is taken.

        """
        self._server = await asyncio.start_server(self._take, address, port, limit=_LONGEST_LINE)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Listen no longer, and let whoever waits for a stalled answer go."""
        self._stopping.set()
        if self._server:
            self._server.close()
        for conversation in self._conversations:
            conversation.cancel()
        await asyncio.gather(*self._conversations, return_exceptions=True)
        if self._server:
            await self._server.wait_closed()  # Which waits for conversations, too.

    def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._stopping.is_set():  # It was on its way in.
            writer.close()
            return
        conversation = asyncio.create_task(self._serve(reader, writer))
        self._conversations.add(conversation)
        conversation.add_done_callback(self._conversations.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            await _Conversation(self, reader, writer).run()
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError, ValueError):
            pass  # The other side went away, or said what no client says.
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                await writer.wait_closed()

    async def wait(self, seconds: float) -> None:
        """Wait so long, or until the server is stopped."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    async def stall(self) -> None:
        """Wait until the server is stopped."""
        await self._stopping.wait()


class _HungUpError(ConnectionError):
    pass


class _Conversation:
    def __init__(
        self, server: MailServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._server = server
        self._reader = reader
        self._writer = writer
        self._helo = ""
        self._mail_from = ""
        self._recipients: list[str] = []
        self._waiting: Answer | None = None  # What is to be said later than at RCPT.

    async def run(self) -> None:
        behaviour = self._server.behaviour
        await self._say("BANNER", behaviour.banner.format(host=self._server.host))
        while line := await self._reader.readline():
            verb, _, rest = line.decode("utf-8", "replace").strip().partition(" ")
            await self._answer(verb.upper(), rest.strip())
            if verb.upper() == "QUIT":
                return

    async def _answer(self, verb: str, rest: str) -> None:
        special = self._server.behaviour.replies
        if verb in {"EHLO", "HELO", "LHLO"}:  # RFC 2033 §4.1, for a message with one recipient.
            self._helo = rest
            await self._say(verb, special.get(verb) or self._greeting(verb))
        elif verb == "STARTTLS" and self._server.behaviour.certificate:
            await self._start_tls(special.get("STARTTLS"))
        elif verb == "MAIL":
            self._mail_from, self._recipients, self._waiting = _path(rest), [], None
            await self._say("MAIL", special.get("MAIL", _USUAL["MAIL"]))
        elif verb == "RCPT":
            await self._take_recipient(_path(rest))
        elif verb == "DATA":
            await self._take_data()
        else:
            await self._say(verb, special.get(verb) or _USUAL.get(verb, "500 5.5.2 What?"))

    def _greeting(self, verb: str) -> str:
        if verb == "HELO":
            return f"250 {self._server.host}"
        behaviour = self._server.behaviour
        tls = ("STARTTLS",) if behaviour.certificate and not self._encrypted() else ()
        lines = [self._server.host, *behaviour.extensions, *tls]
        return "\r\n".join([*(f"250-{line}" for line in lines[:-1]), f"250 {lines[-1]}"])

    async def _take_recipient(self, recipient: str) -> None:
        behaviour = self._server.behaviour
        special = behaviour.replies
        reply = special.get(f"RCPT {recipient}") or special.get("RCPT", _USUAL["RCPT"])
        answer = behaviour.about(recipient) if behaviour.about else None
        if self._waiting is not None and answer is None:
            reply = "452 4.5.3 The one before you comes first"
        elif answer is not None and answer.at != "RCPT" and not self._recipients:
            # It is about the message, which has no other recipients then.
            self._waiting = answer
        elif answer is not None:
            if answer.reply is None:
                raise _HungUpError
            reply = answer.reply
        if reply.startswith("2"):
            self._recipients.append(recipient)
        await self._say("RCPT", reply)

    def _reply_at(self, step: str) -> str | None:
        """Return what the recipient's own answer is at this step; hang up where it is none."""
        answer = self._waiting
        if answer is None or answer.at != step:
            return None
        if answer.reply is None:
            raise _HungUpError
        return answer.reply

    async def _take_data(self) -> None:
        special = self._server.behaviour.replies
        no_one = "554 5.5.1 No valid recipients"
        usual = _USUAL["DATA"] if self._recipients else no_one
        reply = special.get("DATA") or self._reply_at("DATA") or usual
        await self._say("DATA", reply)
        if not reply.startswith("3"):
            return
        lines: list[bytes] = []
        while (line := await self._reader.readline()) != b".\r\n":
            if not line:  # RFC 5321 §4.1.1.4: without its end it is no message.
                raise _HungUpError
            lines.append(line.removeprefix(b"."))
        reply = special.get(END_OF_DATA) or self._reply_at(END_OF_DATA) or _USUAL[END_OF_DATA]
        if reply.startswith("2") and self._server.behaviour.hang_up_at != END_OF_DATA:
            taken = Received(
                self._mail_from, self._recipients, b"".join(lines), self._helo, self._encrypted()
            )
            if self._server.keep is not None:
                await self._server.keep(taken)
            else:
                self._server.received.append(taken)
        if self._server.behaviour.holds:
            await self._server.wait(self._server.behaviour.holds)
        await self._say(END_OF_DATA, reply)

    async def _start_tls(self, refusal: str | None) -> None:
        await self._say("STARTTLS", refusal or "220 2.0.0 Go ahead")
        certificate = self._server.behaviour.certificate
        if refusal is None and certificate is not None:
            await self._writer.start_tls(certificate)

    def _encrypted(self) -> bool:
        return self._writer.get_extra_info("ssl_object") is not None

    async def _say(self, step: str, reply: str) -> None:
        behaviour = self._server.behaviour
        if behaviour.hang_up_at == step:
            raise _HungUpError
        if behaviour.stall_at == step:
            await self._server.stall()
            raise _HungUpError
        self._writer.write(reply.encode() + b"\r\n")
        await self._writer.drain()
        if reply.startswith("421"):
            raise _HungUpError


def _path(rest: str) -> str:
    """Return the address between the angle brackets of ``FROM:<…>`` or ``TO:<…>``."""
    return rest.partition("<")[2].partition(">")[0]
