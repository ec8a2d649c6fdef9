"""Conversations from the client's side read as text, without a socket.

A file in ``dialogues`` is a conversation::

    # What it shows.
    set lmtp = yes                                   how the client is set
    do greet                                         a script begins: greet, hello, starttls, auth, quit
    do deliver anna@example.net bob@example.org …    … or a message; "body", "envelope", "recipient"
                                                     lines above it say more
    S: 220 mx.example.org ESMTP                      a line of the server
    S+ 250-half                                      octets of the server, as they stand
    F: connection-lost                               no reply comes
    C: EHLO gateway.example.net                      what we say
    R: RCPT 550 5.1.1 No such mailbox                what came of a script
    R: bob@example.org RCPT 550 5.1.1 No …           … of a message for one recipient
"""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from whybounce.gateway.smtp.client import (
    Answered,
    ClientDialogue,
    ClientSettings,
    Delivery,
    Fault,
)
from whybounce.gateway.smtp.client.dialogue import AwaitBody, AwaitReply, Step
from whybounce.gateway.smtp.client.hearing import ServerReply
from whybounce.gateway.smtp.parameters import MAIL, RCPT, read_parameters
from whybounce.vocabulary.envelope import Envelope, Recipient

DIALOGUES = sorted((Path(__file__).parent / "dialogues").glob("*.txt"))


class Play:
    """One performance of a dialogue file."""

    def __init__(
        self, text: str, cut: Callable[[bytes], list[bytes]] = lambda octets: [octets]
    ) -> None:
        self.cut = cut
        self.lines = [
            line.partition(" ")[::2] for line in text.splitlines() if line and line[0] != "#"
        ]
        self.given = [line for line in self.lines if line[0] not in {"C:", "R:"}]
        self.settings = ClientSettings(name="gateway.example.net")
        self.body: list[bytes] = []
        self.envelope: dict[str, Any] = {}
        self.recipient: dict[str, Any] = {}
        self.seen: list[str] = []
        self.half_said = b""

    def perform(self) -> list[str]:
        """Return what was said, heard and made of it, as the file writes it."""
        while self.given and self.given[0][0] == "set":
            name, _, written = self.given.pop(0)[1].partition(" = ")
            self.settings = replace(self.settings, **{name: written == "yes"})
        self.dialogue = ClientDialogue(self.settings)
        while self.given:
            how, what = self.given.pop(0)
            if how == "do":
                self.seen.append(f"do {what}")
                self._run(what)
            elif how in {"S:", "S+"}:
                self._hear(how, what)
            else:
                self._prepare(how, what)
        return self.seen

    def expected(self) -> list[str]:
        """Return the file, as it should come out."""
        shown = {"do", "S:", "S+", "F:", "C:", "R:"}
        return [f"{how} {what}" for how, what in self.lines if how in shown]

    def _prepare(self, how: str, what: str) -> None:
        if how == "body":
            self.body = [
                piece.encode().decode("unicode_escape").encode("latin-1")
                for piece in what.split(" | ")
            ]
        elif how == "envelope":
            self.envelope = read_parameters(what, MAIL)
        elif how == "recipient":
            self.recipient = read_parameters(what, RCPT)
        else:
            raise AssertionError(f"{how} {what} comes when nobody waits for it")

    def _run(self, what: str) -> None:
        if what == "tls_started":
            self.dialogue.tls_started()
            return
        script = self._script(*what.split())
        heard: Any = None
        body = [*self.body, b""]
        while True:
            try:
                step: Step = script.send(heard)
            except StopIteration as done:
                self._speak()
                assert self.half_said == b""
                self._result(done.value)
                return
            self._speak()
            heard = body.pop(0) if isinstance(step, AwaitBody) else self._reply(step)

    def _script(self, name: str, *arguments: str) -> Any:
        dialogue = self.dialogue
        match name:
            case "auth":
                return dialogue.authenticate(*arguments)
            case "starttls":
                return dialogue.start_tls()
            case "deliver":
                return_path, *recipients = arguments
                envelope = Envelope(
                    return_path.replace("<>", ""),
                    tuple(Recipient(address, **self.recipient) for address in recipients),
                    **self.envelope,
                )
                return dialogue.deliver(envelope, sum(map(len, self.body)))
        return getattr(dialogue, name)()

    def _reply(self, step: AwaitReply) -> ServerReply | Fault:
        while (reply := self.dialogue.next_reply()) is None:
            assert self.given, f"nothing answers {step.command}: {self.seen}"
            how, what = self.given.pop(0)
            if how == "F:":
                self.seen.append(f"F: {what}")
                return Fault(what)
            self._hear(how, what)
        return reply

    def _hear(self, how: str, what: str) -> None:
        assert how in {"S:", "S+"}, f"{how} {what} stands where a reply is awaited"
        self.seen.append(f"{how} {what}")
        octets = (
            what.encode().decode("unicode_escape").encode("latin-1")
            if how == "S+"
            else what.encode()
        )
        for piece in self.cut(octets + (b"\r\n" if how == "S:" else b"")):
            self.dialogue.receive(piece)

    def _speak(self) -> None:
        self.half_said += self.dialogue.to_send()
        *lines, self.half_said = self.half_said.split(b"\r\n")
        assert not any(re.search(rb"[\r\n]", line) for line in lines)
        self.seen += [f"C: {line.decode()}" for line in lines]

    def _result(self, result: Answered | Delivery) -> None:
        if isinstance(result, Answered):
            self.seen.append(f"R: {_shown(result)}")
            return
        dsn = ", DSN passed on" if result.passed_dsn else ""
        for one in result.results:
            mark = "accepted " if one.is_accepted else "perhaps " if one.is_uncertain else ""
            self.seen.append(f"R: {one.recipient.address} {mark}{_shown(one.answered)}{dsn}")


def _shown(answered: Answered) -> str:
    return f"{answered.command} {answered.fault or answered.reply}"


@pytest.mark.parametrize("path", DIALOGUES, ids=lambda path: path.stem)
def test_a_conversation_goes_as_it_is_written(path: Path):
    """Line by line, and what came of it."""
    play = Play(path.read_text("utf-8"))

    assert play.expected() == play.perform()


@pytest.mark.parametrize("path", DIALOGUES, ids=lambda path: path.stem)
def test_octet_by_octet_the_same_is_heard(path: Path):
    """What the server says does not depend on how it arrives."""
    play = Play(
        path.read_text("utf-8"), lambda octets: [octets[i : i + 1] for i in range(len(octets))]
    )

    assert play.expected() == play.perform()


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_whatever_a_server_says_a_delivery_comes_to_an_end(pieces: list[bytes]):
    """With a result for each recipient, and nothing kept that is out of bounds."""
    dialogue = ClientDialogue(ClientSettings(name="gateway.example.net"))
    envelope = Envelope("anna@example.net", (Recipient("bob@x.example"), Recipient("c@x.example")))
    left = iter(pieces)
    for script in (dialogue.greet(), dialogue.deliver(envelope, 5), dialogue.quit()):
        result = _run_to_the_end(dialogue, script, left)
        if isinstance(result, Delivery):
            assert [one.recipient for one in result.results] == list(envelope.recipients)


def _run_to_the_end(dialogue: ClientDialogue, script: Any, left: Any) -> Any:
    heard: Any = None
    body = [b"", b"Hello\r\n"]
    while True:
        try:
            step = script.send(heard)
        except StopIteration as done:
            return done.value
        dialogue.to_send()
        if isinstance(step, AwaitBody):
            heard = body.pop()
            continue
        while (heard := dialogue.next_reply()) is None:
            piece = next(left, None)
            if piece is None:
                heard = Fault.LOST
                break
            dialogue.receive(piece)
