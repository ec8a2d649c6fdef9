"""How octets arrive, and how long answers take, makes no difference to what is said."""

from dataclasses import replace
from ipaddress import ip_address

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from whybounce.gateway.smtp.server import (
    Limits,
    LineEnds,
    NulOctets,
    ServerDialogue,
    ServerSettings,
)
from whybounce.gateway.smtp.server.events import (
    BodyBegins,
    BodyChunk,
    BodyDropped,
    Closed,
    Event,
    MessageComplete,
    RecipientNamed,
    SenderNamed,
)
from whybounce.vocabulary.reply import Reply
from whybounce.vocabulary.session import Session
from whybounce.vocabulary.status_code import StatusCode

LIMITS = Limits(
    message_octets=60,
    command_octets=50,
    discarded_octets=80,
    recipients=2,
    errors=12,
    unknown_commands=6,
    refusals=4,
    idle_commands=30,
    buffered_octets=40,
)
NO = Reply("No", 550, StatusCode(5, 7, 1))
LATER = Reply("Later", 451, StatusCode(4, 3, 0))
GOODBYE = Reply("Enough", 421, StatusCode(4, 3, 2))

COMMANDS = [
    b"EHLO client.example\r\n",
    b"MAIL FROM:<anna@example.net>\r\n",
    b"MAIL FROM:<no@example.net>\r\n",
    b"MAIL FROM:<later@example.net>\r\n",
    b"RCPT TO:<bob@example.org>\r\n",
    b"RCPT TO:<no@example.org>\r\n",
    b"RCPT TO:<gone@example.org>\r\n",
    b"DATA\r\n",
    b"RSET\r\n",
    b"NOOP\r\n",
    b"AUTH PLAIN\r\n",
    b"*\r\n",
    b"BDAT 5\r\n",
    b"BDAT 0 LAST\r\n",
    b"BDAT 6 LAST\r\n",
    b"BDAT 70\r\n",
    b"BDAT x\r\n",
    b"WHAT\r\n",
    b"QUIT\r\n",
]
PIECES = [
    b"abcd\r",
    b"\nabc\r\n",
    b".\r\n",
    b"\r\n.\r\n",
    b"..\r\n",
    b"Hello\r\n",
    b"\n",
    b"\r",
    b"\0",
    b".",
    b"\n.\n",
    b"\xc3\xa4",
    b"\xff",
    b"a" * 30,
]
# A whole message now and then, so that a walk gets somewhere.
MESSAGES = [
    b"EHLO a\r\nMAIL FROM:<anna@example.net>\r\nRCPT TO:<bob@example.org>\r\n" + end
    for end in (
        b"DATA\r\n",
        b"DATA\r\nHello\r\n.\r\n",
        b"BDAT 7 LAST\r\nHello\r\n",
        b"BDAT 6\r\nHello\r",
    )
]


class Driver:
    """Carries one dialogue and writes down what was said and told."""

    def __init__(self, server: ServerSettings) -> None:
        session = Session("trace", "inbound", ip_address("192.0.2.1"), 50000)
        self.dialogue = ServerDialogue(server, session, 0)
        self.transcript: list[object] = []
        self.said = b""
        self.body = b""
        self.holds_body = False
        self.question: Event | None = None

    def go_on(self, most: int = 1_000_000) -> None:
        """Take events, answer up to ``most`` questions."""
        while True:
            if self.question is not None:
                if not most:
                    return
                most -= 1
                question, self.question = self.question, None
                self.dialogue.answer(self._verdict(question), 0)
            event = self.dialogue.next_event()
            self.said += self.dialogue.to_send()
            if event is None:
                return
            self._take(event)

    def _take(self, event: Event) -> None:
        match event:
            case BodyChunk(octets):
                assert self.holds_body
                self.body += octets
            case BodyDropped():
                assert self.holds_body
                self.holds_body = False
            case Closed():
                assert not self.holds_body
                self.transcript.append(event)
            case _:
                if isinstance(event, MessageComplete):
                    assert self.holds_body
                    self.holds_body = False
                    self.transcript.append(self.body)
                self.transcript.append(event)
                self.question = event

    def _verdict(self, event: Event) -> Reply | None:
        asked = ""
        if isinstance(event, RecipientNamed):
            asked = event.recipient.address
        elif isinstance(event, SenderNamed):
            asked = event.envelope.return_path
        elif isinstance(event, BodyBegins) and event.envelope.return_path.startswith("later"):
            return LATER
        elif isinstance(event, BodyBegins):
            self.body, self.holds_body = b"", True
        if asked.startswith("gone"):
            return GOODBYE
        return NO if asked.startswith("no@") else None


class AnySplit(RuleBasedStateMachine):
    """Two dialogues hear the same client: one at once, the other as the network pleases."""

    server = ServerSettings(host="mx.example.org", limits=LIMITS)

    def __init__(self) -> None:
        super().__init__()
        self.whole = Driver(self.server)
        self.split = Driver(self.server)
        for driver in (self.whole, self.split):
            driver.go_on()
        self.on_the_way = b""

    @rule(octets=st.one_of(*(st.sampled_from(octets) for octets in (COMMANDS, PIECES, MESSAGES))))
    def client_says(self, octets: bytes) -> None:
        """Something sensible, or not."""
        self.on_the_way += octets

    @precondition(lambda self: self.on_the_way)
    @rule(octets=st.integers(1, 80), answers=st.integers(0, 4))
    def network_delivers(self, octets: int, answers: int) -> None:
        """Deliver a piece; the driver answers some questions and is slow with the rest."""
        piece, self.on_the_way = self.on_the_way[:octets], self.on_the_way[octets:]
        self.whole.dialogue.receive(piece, 0)
        for octet in piece:
            self.split.dialogue.receive(bytes([octet]), 0)
            self.split.go_on(answers)

    @rule()
    def driver_catches_up(self) -> None:
        """All questions are answered, and the two have heard the same."""
        self.split.go_on()
        self.whole.go_on()

        assert self.split.said == self.whole.said
        assert self.split.transcript == self.whole.transcript

    def teardown(self) -> None:
        """However it ended."""
        self.driver_catches_up()
        for driver in (self.whole, self.split):
            driver.dialogue.receive_end()
        self.driver_catches_up()
        assert isinstance(self.split.transcript[-1], Closed)

    @invariant()
    def messages_are_clean(self) -> None:
        """Check that each line ends with CR LF and no CR, LF or NUL stands elsewhere."""
        for body in self.split.transcript:
            if isinstance(body, bytes):
                assert body.count(b"\r") == body.count(b"\n") == body.count(b"\r\n")
                assert b"\0" not in body
                assert len(body) <= LIMITS.message_octets * 2


class AnySplitMended(AnySplit):
    """The same where line ends are mended and NUL is stripped."""

    server = replace(AnySplit.server, line_ends=LineEnds.NORMALISE, nul_octets=NulOctets.STRIP)


TestAnySplit = AnySplit.TestCase
TestAnySplitMended = AnySplitMended.TestCase
TestAnySplit.settings = TestAnySplitMended.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None
)
