"""The server's side of an SMTP conversation, for whoever carries its octets."""

from whybounce.gateway.smtp.server import answers, opening
from whybounce.gateway.smtp.server.answers import Answer
from whybounce.gateway.smtp.server.commands import COMMANDS
from whybounce.gateway.smtp.server.conversation import Conversation, Stage, Waiting
from whybounce.gateway.smtp.server.events import Ending, Event
from whybounce.gateway.smtp.server.settings import ServerSettings
from whybounce.vocabulary.envelope import Envelope
from whybounce.vocabulary.reply import Reply
from whybounce.vocabulary.session import Session, Tls

# What a web browser says to a mail server when a web page makes it.
_OTHER_PROTOCOLS = frozenset({"CONNECT", "GET", "HEAD", "OPTIONS", "POST", "PUT"})

# Commands that carry mail forward; the others may be said only so often without a message.
_FORWARD = frozenset({"RCPT", "DATA", "BDAT", "QUIT"})

# Stages in which nothing is lost when we hang up.
_BETWEEN_MESSAGES = frozenset({Stage.CONNECTED, Stage.GREETED, Stage.UNWELCOME})


# Where nothing can be said: a greeting has not been given, or TLS has begun.
_SILENT = frozenset({Waiting.TLS, Waiting.PROXY_HEADER})


class ServerDialogue:
    """One conversation with one client. Times are seconds of a clock that never goes back."""

    def __init__(self, settings: ServerSettings, session: Session, now: float) -> None:
        self._conversation = Conversation(settings, session, now)
        self._conversation.reading = opening.begin

    @property
    def session(self) -> Session:
        """Who is connected, as far as is known by now."""
        return self._conversation.session

    @property
    def envelope(self) -> Envelope | None:
        """The envelope of the message under way."""
        return self._conversation.envelope

    def receive(self, octets: bytes, now: float) -> None:
        """Take octets from the client."""
        conversation = self._conversation
        if conversation.is_over:
            return
        conversation.incoming.octets += octets
        conversation.now = now
        if conversation.waiting is Waiting.MESSAGE:
            conversation.moved = now

    def receive_end(self) -> None:
        """Learn that the client sends no more. What it sent before is still carried out."""
        self._conversation.has_ended = True
        if self._conversation.waiting is Waiting.TLS:
            self._conversation.close(Ending.LOST)

    def next_event(self) -> Event | None:
        """Return what happened next; None where more input or the answer to a question is needed."""
        conversation = self._conversation
        while not conversation.events:
            if conversation.is_our_turn or conversation.waiting is Waiting.TLS:
                return None
            read = conversation.reading or _read_command
            if not read(conversation) and not _ends(conversation):
                return None
        return conversation.events.popleft()

    def answer(self, reply: Reply | None, now: float) -> None:
        """Answer the open question: None passes it in our own words, a 2xx in its words.

        Any other reply refuses; after 421 and 521 we hang up. A connection refused otherwise may
        still say QUIT. Raises RuntimeError where no question is open.
        """
        conversation = self._conversation
        after, conversation.after_answer = conversation.after_answer, None
        if after is None:
            raise RuntimeError("no question is open")
        conversation.now = conversation.moved = now
        after(conversation, reply)

    def mend_line_ends(self) -> None:
        """Mend what ends lines wrongly in the message that begins, whatever the settings say."""
        body = self._conversation.body
        if body is not None:
            body.check.mend_line_ends()

    def tls_started(self, tls: Tls, now: float) -> None:
        """Go on under TLS, after TlsWanted."""
        self._conversation.now = self._conversation.moved = now
        opening.tls_started(self._conversation, tls)

    def wind_down(self) -> None:
        """Say goodbye as soon as no message is under way."""
        self._conversation.winds_down = True

    def expire(self, now: float) -> None:
        """Hang up, if the deadline has come."""
        conversation, deadline = self._conversation, self.deadline
        if deadline is None or now < deadline:
            return
        if conversation.waiting in _SILENT:
            conversation.close(Ending.EXPIRED)
        elif not conversation.is_in_message and now >= self._last_moment:
            conversation.hang_up(answers.TOO_LONG, Ending.EXPIRED)
        else:
            conversation.hang_up(answers.TOO_SLOW, Ending.EXPIRED)

    @property
    def deadline(self) -> float | None:
        """When ``expire`` is due; None while it is our turn."""
        conversation, limits = self._conversation, self._conversation.limits
        if conversation.is_our_turn:
            return None
        if conversation.waiting in _SILENT:
            return conversation.moved + limits.tls_seconds
        is_body = conversation.waiting is Waiting.MESSAGE
        patience = limits.data_idle_seconds if is_body else limits.idle_seconds
        return min(conversation.moved + patience, self._last_moment)

    @property
    def _last_moment(self) -> float:
        """When it ends, however quick the client is. A message begun in time has time of its own."""
        conversation, limits = self._conversation, self._conversation.limits
        if conversation.is_in_message:
            return conversation.message_began + limits.message_seconds
        return conversation.started + limits.session_seconds

    @property
    def buffered(self) -> int:
        """How many octets have arrived and wait to be used."""
        return len(self._conversation.incoming)

    @property
    def wants_input(self) -> bool:
        """Whether there is room for more octets; the driver stops reading where there is none."""
        return self.buffered < self._conversation.limits.buffered_octets

    def to_send(self) -> bytes:
        """Return the octets for the client, once."""
        outgoing = self._conversation.outgoing
        if not outgoing:
            return b""
        octets = outgoing[0] if len(outgoing) == 1 else b"".join(outgoing)
        outgoing.clear()
        return octets


def _ends(conversation: Conversation) -> bool:
    """End what can go no further; True if it did."""
    if conversation.has_ended:
        conversation.close(Ending.LOST)
    elif conversation.winds_down and conversation.stage in _BETWEEN_MESSAGES:
        conversation.hang_up(answers.SHUTTING_DOWN, Ending.SHUT_DOWN)
    return conversation.is_over


def _read_command(conversation: Conversation) -> bool:
    limits = conversation.limits
    line = conversation.incoming.line(limits.command_octets, limits.discarded_octets)
    if line is None:
        return False
    conversation.moved = conversation.now
    if isinstance(line, bytes):
        _obey(conversation, line)
    else:
        conversation.refuse_line(line, answers.LINE_TOO_LONG, limits.command_octets)
    return True


def _obey(conversation: Conversation, line: bytes) -> None:
    """Carry out a command. RFC 5321 §4.1.1: blanks at its end mean nothing."""
    text = _as_text(line)
    if text is None:
        conversation.refuse(answers.NOT_TEXT)
        return
    verb, _, argument = text.partition(" ")
    verb = verb.upper()
    row = COMMANDS.get(verb)
    if row is None:
        _no_such_command(conversation, verb)
    elif verb not in _FORWARD and _is_idle_too_often(conversation):
        conversation.hang_up(answers.TOO_IDLE)
    else:
        cell = row[conversation.stage]
        if isinstance(cell, Answer):
            conversation.refuse(cell)
        else:
            cell(conversation, argument)


def _as_text(line: bytes) -> str | None:
    """Return the line as text, without control characters; None where it has some."""
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return None
    if text.isascii():
        return text.rstrip(" ") if text.isprintable() else None
    has_controls = any(ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0 for char in text)
    return None if has_controls else text.rstrip(" ")


def _no_such_command(conversation: Conversation, verb: str) -> None:
    conversation.tally.unknown_commands += 1
    if verb in _OTHER_PROTOCOLS:
        conversation.hang_up(answers.NOT_SMTP)
    elif conversation.tally.unknown_commands > conversation.limits.unknown_commands:
        conversation.hang_up(answers.TOO_MANY_ERRORS)
    else:
        conversation.refuse(answers.UNKNOWN_COMMAND)


def _is_idle_too_often(conversation: Conversation) -> bool:
    conversation.tally.idle_commands += 1
    return conversation.tally.idle_commands > conversation.limits.idle_commands
