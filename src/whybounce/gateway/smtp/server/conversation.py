"""One conversation: what is known of it, and the few things that can be done in it.

The commands, in the files beside this one, are functions on a Conversation. They say, ask, refuse
and hang up by its methods; the bounds on errors, refusals and idle talk are kept here.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TypeGuard

from whybounce.gateway.smtp.replies import write_reply
from whybounce.gateway.smtp.server import answers
from whybounce.gateway.smtp.server.answers import Answer
from whybounce.gateway.smtp.server.body import ChunkReader, DotReader
from whybounce.gateway.smtp.server.events import BodyDropped, Closed, Ending, Event, Question
from whybounce.gateway.smtp.server.incoming import Incoming, LineFault
from whybounce.gateway.smtp.server.settings import Networks, ServerSettings
from whybounce.vocabulary.envelope import Envelope
from whybounce.vocabulary.reply import Reply
from whybounce.vocabulary.session import Session

# Codes after which we hang up: RFC 5321 §3.8, RFC 7504 §3.
_LAST_WORDS = frozenset({421, 521})


class Stage(IntEnum):
    """How far a conversation has come: the columns of the table of commands."""

    CONNECTED = 0  # Before HELO or EHLO.
    GREETED = 1
    SENDER = 2  # MAIL was accepted.
    RECIPIENTS = 3  # RCPT was accepted, once at least.
    CHUNKS = 4  # BDAT has begun, and its LAST has not come.
    SPOILT = 5  # A chunk was refused: RFC 3030 §2 wants RSET.
    UNWELCOME = 6  # The connection was refused: RFC 5321 §3.1 wants QUIT.


class Waiting(IntEnum):
    """What we wait for from the client: each has its own patience."""

    COMMAND = 0
    MESSAGE = 1
    PROXY_HEADER = 2
    TLS = 3


@dataclass(slots=True)
class Tally:
    """How often the client did what it may do only so often."""

    errors: int = 0
    unknown_commands: int = 0
    refusals: int = 0
    idle_commands: int = 0
    auth_failures: int = 0


def is_refusal(reply: Reply | None) -> TypeGuard[Reply]:
    """Whether an answer to a question keeps the client from going on."""
    return reply is not None and (reply.code is None or reply.code >= 400)


class Conversation:
    """The state of one conversation. Only the files of this package touch it."""

    def __init__(self, settings: ServerSettings, session: Session, now: float) -> None:
        self.settings = settings
        self.limits = settings.limits
        self.session = session
        self.peer = session.address  # Who holds the other end, whatever proxies say.
        self.stage = Stage.CONNECTED
        self.waiting = Waiting.COMMAND
        self.envelope: Envelope | None = None
        self.body: DotReader | ChunkReader | None = None
        self.incoming = Incoming()
        self.outgoing: list[bytes] = []
        self.events: deque[Event] = deque()
        # What to do with the client's next octets, if they are no command: True if it did something.
        self.reading: Callable[[Conversation], bool] | None = None
        self.after_answer: Callable[[Conversation, Reply | None], None] | None = None
        self.tally = Tally()
        self.is_over = False
        self.has_ended = False  # The client sends no more.
        self.winds_down = False  # We would rather stop.
        self.now = self.started = self.moved = now  # When the client last got anywhere.
        self.message_began = now

    @property
    def is_our_turn(self) -> bool:
        """Whether a question is open, or all is said."""
        return self.after_answer is not None or self.is_over

    @property
    def is_in_message(self) -> bool:
        """Whether octets of a message are coming, or more of its chunks."""
        return self.waiting is Waiting.MESSAGE or self.stage is Stage.CHUNKS

    def say(self, reply: Answer | Reply) -> None:
        """Say it."""
        if isinstance(reply, Answer):
            self.outgoing.append(reply.octets)
        else:
            smtputf8 = self.envelope is not None and self.envelope.smtputf8
            self.outgoing.append(write_reply(reply, smtputf8=smtputf8))

    def ask(
        self, question: Question, after: "Callable[[Conversation, Reply | None], None]"
    ) -> None:
        """Put a question to the driver; ``after`` gets the answer, and nothing is read before."""
        self.events.append(question)
        self.after_answer = after

    def passes(self, reply: Reply | None, usual: Answer | Reply) -> bool:
        """Say the answer to a question, ours if there is none; True if it lets the client go on."""
        if reply is None:
            self.say(usual)
            return True
        self.say(reply)
        if reply.code in _LAST_WORDS:
            self.close(Ending.HUNG_UP)
        return not is_refusal(reply)

    def refuse(self, answer: Answer, **values: str) -> None:
        """Say what was wrong with a command."""
        self.tally.errors += 1
        if self.tally.errors > self.limits.errors:
            self.hang_up(answers.TOO_MANY_ERRORS)
        else:
            self.say(answer.filled(**values) if values else answer)

    def refuse_line(self, fault: LineFault, too_long: Answer, longest: int) -> None:
        """Say what was wrong with a line; what does not end as it must ends the connection."""
        if fault is LineFault.TOO_LONG:
            self.refuse(too_long, limit=str(longest))
        elif fault is LineFault.BARE:
            self.hang_up(answers.BARE_NEWLINE)
        else:
            self.hang_up(answers.TOO_MANY_ERRORS)

    def count_refusal(self) -> None:
        """Note that a sender or a recipient was refused, which address harvesters live by."""
        self.tally.refusals += 1
        if self.tally.refusals > self.limits.refusals:
            self.hang_up(answers.TOO_MANY_REFUSALS)

    def hang_up(self, answer: Answer, ending: Ending = Ending.HUNG_UP, **values: str) -> None:
        """Say why, and end it."""
        if not self.is_over:
            self.say(answer.filled(**values) if values else answer)
            self.close(ending)

    def close(self, ending: Ending) -> None:
        """End it."""
        if self.is_over:
            return
        self.drop_body()
        self.is_over = True
        self.after_answer = None
        self.events.append(Closed(ending))

    def drop_body(self) -> None:
        """Tell the driver, if it holds chunks of a message, that the message will not come."""
        if self.body is not None and not self.body.is_dropped:
            self.body.is_dropped = True
            self.events.append(BodyDropped())

    def forget_message(self) -> None:
        """Begin anew, as RSET does. RFC 5321 §4.1.1.5."""
        self.drop_body()
        self.body = None
        self.envelope = None
        self.reading = None
        self.waiting = Waiting.COMMAND
        if self.stage in {Stage.SENDER, Stage.RECIPIENTS, Stage.CHUNKS, Stage.SPOILT}:
            self.stage = Stage.GREETED

    def present_envelope(self) -> Envelope:
        """Return the envelope, where the table lets a command come only after MAIL."""
        if self.envelope is None:
            raise RuntimeError("there is no envelope before MAIL")
        return self.envelope

    def know(self, **changes: object) -> None:
        """Learn something about the client."""
        self.session = replace(self.session, **changes)  # type: ignore[arg-type]  # fields by name

    def peer_is_in(self, networks: Networks) -> bool:
        """Whether the other end of the connection belongs to one of the networks."""
        return any(self.peer in network for network in networks)
