"""The client's side of an SMTP conversation, as scripts: RFC 5321, RFC 2033.

A script is a generator. It yields what it waits for, a reply or the next piece of the message, and is
sent that; it returns what came of it. Whoever runs it carries octets and keeps the time::

    step = next(script)
    while True:
        carry(dialogue.to_send())
        heard = a reply of dialogue.next_reply() within step.seconds, or a Fault
        step = script.send(heard)          # until StopIteration, whose value is the result

Rule 1: as many replies are read as commands were sent, and nothing is sent while an unasked reply
waits: else every answer after it would be taken for the next command's.
Rule 2: after 421, a fault, or a reply nobody asked for, ``is_usable`` is False and nothing is sent.
Rule 3: what a server does not offer is not used; where a message needs it, nothing is sent of it.
"""

from collections.abc import Generator, Iterable
from dataclasses import dataclass
from typing import TypeVar

from whybounce.gateway.smtp.client.hearing import Fault, ReplyReader, ServerReply
from whybounce.gateway.smtp.client.results import (
    END_OF_DATA,
    GREETING,
    LAST_CHUNK,
    Answered,
    Delivery,
    Result,
)
from whybounce.gateway.smtp.client.settings import ClientSettings
from whybounce.gateway.smtp.client.transparency import Chunks, Dots
from whybounce.gateway.smtp.sasl import write_login, write_plain
from whybounce.gateway.smtp.xtext import encode_utf8_xtext, encode_xtext
from whybounce.vocabulary.envelope import BodyType, Envelope, OriginalRecipient, Recipient

# How many chunks may be under way before their replies are read.
_CHUNKS_AHEAD = 4


@dataclass(frozen=True, slots=True)
class AwaitReply:
    """A script waits for the reply to a command."""

    command: str
    seconds: float


@dataclass(frozen=True, slots=True)
class AwaitBody:
    """A script waits for the next octets of the message; b"" ends it."""

    seconds: float  # How long what was sent before may take to leave.


_CLOSING = 421
_GO_AHEAD = 354
_CONTINUE_AUTH = 334
_NOT_UNDERSTOOD = frozenset({500, 501, 502, 504})

Step = AwaitReply | AwaitBody
Given = ServerReply | Fault | bytes
T = TypeVar("T")
Script = Generator[Step, Given, T]


class ClientDialogue:
    """One conversation with one server."""

    def __init__(self, settings: ClientSettings) -> None:
        self.extensions: dict[str, str] = {}  # EHLO's keywords, and what stands behind them.
        self._settings = settings
        self._patience = settings.patience
        self._reader = ReplyReader()
        self._outgoing: list[bytes] = []
        self._is_in_message = False  # MAIL was accepted, and the message's end was not reached.
        self._broken: ServerReply | Fault | None = None  # What made it useless to go on.

    # Octets.

    def receive(self, octets: bytes) -> None:
        """Take octets from the server."""
        self._reader.receive(octets)

    def next_reply(self) -> ServerReply | Fault | None:
        """Return the next reply; None where it has not all arrived."""
        return self._reader.next()

    def to_send(self) -> bytes:
        """Return octets for the server, once."""
        octets = b"".join(self._outgoing)
        self._outgoing.clear()
        return octets

    @property
    def octets_to_send(self) -> int:
        """How many wait for ``to_send``."""
        return sum(map(len, self._outgoing))

    @property
    def is_usable(self) -> bool:
        """Whether another command makes sense."""
        return self._broken is None and self._reader.is_silent

    # Scripts.

    def greet(self) -> Script[Answered]:
        """Wait for the greeting, and say hello."""
        answered = yield from self._hear(GREETING, self._patience.greeting)
        if answered.is_good:
            answered = yield from self.hello()
        return answered

    def hello(self) -> Script[Answered]:
        """Say EHLO, or LHLO; HELO where EHLO is not understood. RFC 5321 §3.2."""
        self.extensions = {}
        answered = yield from self._greet("LHLO" if self._settings.lmtp else "EHLO")
        heard = answered.heard
        is_deaf = isinstance(heard, ServerReply) and heard.code in _NOT_UNDERSTOOD
        if is_deaf and not self._settings.lmtp:
            return (yield from self._greet("HELO"))
        if isinstance(heard, ServerReply) and heard.is_good:
            self.extensions = _extensions(heard.lines[1:])
        return answered

    def _greet(self, verb: str) -> Script[Answered]:
        return self._ask(verb, f"{verb} {self._settings.name}", self._patience.hello)

    def start_tls(self) -> Script[Answered]:
        """Say STARTTLS. If that is good: handshake, then ``tls_started``, then ``hello``."""
        answered = yield from self._ask("STARTTLS", "STARTTLS", self._patience.starttls)
        if answered.is_good and not self._reader.is_silent:
            # Replies in the clear behind it would be taken for encrypted ones: CVE-2011-0411.
            self._break(Fault.NOT_SMTP)
            return Answered("STARTTLS", Fault.NOT_SMTP)
        return answered

    def tls_started(self) -> None:
        """Forget what the server said before. RFC 3207 §4.2."""
        self._reader.clear()
        self.extensions = {}

    def authenticate(self, account: str, password: str) -> Script[Answered]:
        """Authenticate by PLAIN, or by LOGIN where only that is offered. RFC 4954."""
        offered = self.extensions.get("AUTH", "").upper().split()
        if "PLAIN" in offered:
            plain = f"AUTH PLAIN {write_plain(account, password)}"
            return (yield from self._ask("AUTH", plain, self._patience.auth))
        if "LOGIN" not in offered:
            return Answered("AUTH", Fault.NO_MECHANISM)
        answered = yield from self._ask("AUTH", "AUTH LOGIN", self._patience.auth)
        for response in (account, password):
            if not isinstance(answered.heard, ServerReply) or answered.heard.code != _CONTINUE_AUTH:
                break
            answered = yield from self._ask("AUTH", write_login(response), self._patience.auth)
        return answered

    def quit(self) -> Script[Answered]:
        """Say QUIT."""
        answered = yield from self._ask("QUIT", "QUIT", self._patience.quit)
        self._break(answered.heard)
        return answered

    def deliver(self, envelope: Envelope, octets: int) -> Script[Delivery]:
        """Hand a message of so many octets over to all its recipients."""
        obstacle = self._obstacle(envelope, octets)
        transaction = _Transaction(envelope.recipients)
        if obstacle is not None:
            transaction.decide_all(Answered("MAIL", obstacle))
        else:
            yield from self._offer(transaction, envelope, octets)
            if self._uses_chunks:
                yield from self._send_chunks(transaction)
            else:
                yield from self._send_data(transaction)
        return Delivery(transaction.results(), passed_dsn="DSN" in self.extensions)

    # Commands and replies.

    def _send(self, octets: bytes) -> None:
        if self._broken is None:
            self._outgoing.append(octets)

    def _hear(self, command: str, seconds: float) -> Script[Answered]:
        """Wait for a reply. When nothing can come any more, what ended it is the answer to all."""
        if self._broken is not None:
            return Answered(command, self._broken)
        heard = yield AwaitReply(command, seconds)
        if isinstance(heard, bytes):
            raise TypeError("a reply is awaited, not a piece of the message")
        if isinstance(heard, Fault) or heard.code == _CLOSING:
            self._break(heard)
        return Answered(command, heard)

    def _ask(self, command: str, line: str, seconds: float) -> Script[Answered]:
        self._expect_silence()
        self._send(_line(line))
        return (yield from self._hear(command, seconds))

    def _expect_silence(self) -> None:
        """Break off where the server has said something unasked; 421 it may say at any time."""
        if self._broken is None and not self._reader.is_silent:
            heard = self._reader.next()
            is_closing = isinstance(heard, ServerReply) and heard.code == _CLOSING
            self._break(heard if is_closing and heard is not None else Fault.NOT_SMTP)

    def _break(self, heard: ServerReply | Fault) -> None:
        if self._broken is None:
            self._broken = heard
            self._outgoing.clear()

    # The envelope.

    def _obstacle(self, envelope: Envelope, octets: int) -> Fault | None:
        """Return what the server would have to offer and does not."""
        most = self.extensions.get("SIZE", "")
        if _needs_smtputf8(envelope) and "SMTPUTF8" not in self.extensions:
            return Fault.NEEDS_SMTPUTF8
        if envelope.body is BodyType.EIGHT_BIT_MIME and "8BITMIME" not in self.extensions:
            return Fault.NEEDS_8BITMIME
        # RFC 1870 §3: 0 means that no limit is known.
        if most.isascii() and most.isdecimal() and 0 < int(most[:20]) < octets:
            return Fault.TOO_LARGE
        return None

    def _offer(self, transaction: "_Transaction", envelope: Envelope, octets: int) -> Script[None]:
        """Name sender and recipients, and ask whether the message may come."""
        self._expect_silence()
        if self._gives_up(transaction, "MAIL"):
            return
        is_pipelined = self._settings.pipelining and "PIPELINING" in self.extensions
        plan = self._plan(envelope, octets)
        if is_pipelined:
            self._send(b"".join(line for _, line in plan))
        for command, line in plan:
            if not is_pipelined:
                if command != "RSET" and transaction.is_decided:
                    break
                self._send(line)
            answered = yield from self._hear(command, self._seconds(command))
            self._note(transaction, answered)
            if self._gives_up(transaction, command):
                return

    def _gives_up(self, transaction: "_Transaction", command: str) -> bool:
        """Whether nothing further comes of it; what ended it answers for everybody left."""
        if self._broken is None:
            return False
        transaction.decide_all(Answered(command, self._broken))
        return True

    def _plan(self, envelope: Envelope, octets: int) -> list[tuple[str, bytes]]:
        plan = [("RSET", _line("RSET"))] if self._is_in_message else []
        plan.append(("MAIL", _line(self._mail(envelope, octets))))
        plan += [("RCPT", _line(self._rcpt(recipient))) for recipient in envelope.recipients]
        return plan if self._uses_chunks else [*plan, ("DATA", _line("DATA"))]

    def _note(self, transaction: "_Transaction", answered: Answered) -> None:
        heard = answered.heard
        match answered.command:
            case "RSET":
                self._is_in_message = False
            case "MAIL" if answered.is_good:
                self._is_in_message = True
            case "RCPT":
                transaction.note_recipient(answered)
            case "DATA" if isinstance(heard, ServerReply) and heard.code == _GO_AHEAD:
                transaction.may_send = True
            case "DATA" if answered.is_good:
                # A server that has taken a message before it came is out of step.
                self._break(Fault.NOT_SMTP)
                transaction.decide_all(Answered("DATA", Fault.NOT_SMTP))
            case _:
                transaction.decide_all(answered)

    def _seconds(self, command: str) -> float:
        patience = self._patience
        times = {"MAIL": patience.mail, "RCPT": patience.rcpt, "DATA": patience.data}
        return times.get(command, patience.reset)

    def _mail(self, envelope: Envelope, octets: int) -> str:
        offered = self.extensions
        parameters = [
            f"SIZE={octets}" if "SIZE" in offered else "",
            "BODY=8BITMIME" if envelope.body is BodyType.EIGHT_BIT_MIME else "",
            "SMTPUTF8" if _needs_smtputf8(envelope) else "",
        ]
        if "DSN" in offered and envelope.return_ is not None:
            parameters.append(f"RET={envelope.return_}")
        if "DSN" in offered and envelope.envelope_id is not None:
            parameters.append(f"ENVID={encode_xtext(envelope.envelope_id)}")
        return " ".join([f"MAIL FROM:<{envelope.return_path}>", *filter(None, parameters)])

    def _rcpt(self, recipient: Recipient) -> str:
        parameters = []
        if "DSN" in self.extensions and recipient.notify is not None:
            parameters.append(f"NOTIFY={','.join(sorted(recipient.notify))}")
        if "DSN" in self.extensions and recipient.original is not None:
            parameters.append(f"ORCPT={_original(recipient.original)}")
        return " ".join([f"RCPT TO:<{recipient.address}>", *parameters])

    # The message.

    @property
    def _uses_chunks(self) -> bool:
        return self._settings.chunking and "CHUNKING" in self.extensions

    def _send_data(self, transaction: "_Transaction") -> Script[None]:
        if not transaction.may_send:
            return
        dots = Dots()
        # RFC 2920 §3.1: a server that says 354 without a recipient waits for a dot all the same.
        while not transaction.is_decided:
            given = yield AwaitBody(self._patience.block)
            if isinstance(given, bytes) and given:
                self._send(dots.piece(given))
                continue
            if not isinstance(given, bytes):
                self._broke_off(transaction, "DATA", given)
            break
        self._note_early_answer(transaction)
        self._send(dots.end())
        yield from self._conclude(transaction, END_OF_DATA)

    def _note_early_answer(self, transaction: "_Transaction") -> None:
        """Believe nobody who thanks for a message whose end they have not seen."""
        early = self._reader.peek()
        if isinstance(early, ServerReply) and early.is_good and not transaction.is_decided:
            self._break(Fault.NOT_SMTP)
            transaction.decide_all(Answered("DATA", Fault.NOT_SMTP))

    def _send_chunks(self, transaction: "_Transaction") -> Script[None]:
        chunks, under_way, held = Chunks(), 0, b""
        while not transaction.is_decided:
            given = yield AwaitBody(self._patience.block)
            if not isinstance(given, bytes):
                self._broke_off(transaction, "BDAT", given)
                return
            if not given:
                break
            chunk, held = chunks.piece(held), given
            self._send(chunk)
            under_way += bool(chunk)
            while under_way > self._chunks_ahead or (under_way and transaction.is_decided):
                yield from self._hear_chunk(transaction, "BDAT")
                under_way -= 1
        else:
            return
        self._send(chunks.end(held))
        for _ in range(under_way):
            yield from self._hear_chunk(transaction, LAST_CHUNK)
        yield from self._conclude(transaction, LAST_CHUNK)

    @property
    def _chunks_ahead(self) -> int:
        return _CHUNKS_AHEAD if "PIPELINING" in self.extensions else 0

    def _hear_chunk(self, transaction: "_Transaction", under_way: str) -> Script[None]:
        """Hear what a chunk was answered. With the last one under way a lost reply may be its own."""
        answered = yield from self._hear("BDAT", self._patience.end)
        if answered.fault is not None:
            answered = Answered(under_way, answered.fault)
        if not answered.is_good:
            transaction.decide_all(answered)

    def _conclude(self, transaction: "_Transaction", command: str) -> Script[None]:
        """Hear what became of the message; of LMTP once for each recipient. RFC 2033 §4.2."""
        times = transaction.undecided if self._settings.lmtp else 1
        for _ in range(times):
            answered = yield from self._hear(command, self._patience.end)
            if self._settings.lmtp:
                transaction.decide_next(answered)
            else:
                transaction.decide_all(answered)
        self._is_in_message = False

    def _broke_off(
        self, transaction: "_Transaction", command: str, given: ServerReply | Fault
    ) -> None:
        """Note that the message could not be sent to its end. Perhaps the server has said why."""
        said = self._reader.next()
        heard = said if isinstance(said, ServerReply) and not said.is_good else given
        self._break(heard)
        transaction.decide_all(Answered(command, heard))


class _Transaction:
    """Who among a message's recipients has been answered."""

    def __init__(self, recipients: Iterable[Recipient]) -> None:
        self.may_send = False  # The server said 354.
        self._recipients = tuple(recipients)
        self._answers: list[Answered | None] = [None] * len(self._recipients)
        self._heard = 0  # How many RCPTs were answered.

    @property
    def undecided(self) -> int:
        """How many recipients the server still has to decide about."""
        return self._answers.count(None)

    @property
    def is_decided(self) -> bool:
        """Whether there is no recipient left to send for."""
        return None not in self._answers

    def note_recipient(self, answered: Answered) -> None:
        """Take the answer to the next RCPT; a good one decides nothing yet."""
        place, self._heard = self._heard, self._heard + 1
        if not answered.is_good and self._answers[place] is None:
            self._answers[place] = answered

    def decide_all(self, answered: Answered) -> None:
        """Take an answer for everybody who had none."""
        self._answers = [answer or answered for answer in self._answers]

    def decide_next(self, answered: Answered) -> None:
        """Take an answer for the first who had none."""
        self._answers[self._answers.index(None)] = answered

    def results(self) -> tuple[Result, ...]:
        """Return what became of each."""
        return tuple(
            Result(recipient, answered)
            for recipient, answered in zip(self._recipients, self._answers, strict=True)
            if answered is not None
        )


def _needs_smtputf8(envelope: Envelope) -> bool:
    addresses = (envelope.return_path, *(recipient.address for recipient in envelope.recipients))
    return envelope.smtputf8 or not all(address.isascii() for address in addresses)


def _line(text: str) -> bytes:
    """Return a command line. Raises ValueError where it would be two."""
    if "\r" in text or "\n" in text or "\0" in text:
        raise ValueError(f"a command is one line: {text!r}")
    return f"{text}\r\n".encode()


def _extensions(lines: Iterable[str]) -> dict[str, str]:
    """Return EHLO's keywords in upper case. Some write AUTH=PLAIN, as Outlook once wanted."""
    extensions: dict[str, str] = {}
    for line in lines:
        keyword, _, value = line.strip().replace("AUTH=", "AUTH ", 1).partition(" ")
        known = extensions.get(keyword.upper())
        extensions[keyword.upper()] = f"{known} {value}" if known else value
    return extensions


def _original(original: OriginalRecipient) -> str:
    encode = encode_utf8_xtext if original.type == "utf-8" else encode_xtext
    return f"{original.type};{encode(original.address)}"
