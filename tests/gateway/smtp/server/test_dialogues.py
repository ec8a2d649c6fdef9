r"""Conversations read as text against the table, without a socket.

A file in ``dialogues`` is a conversation::

    # What it shows.
    set limits.recipients = 2                     how the server is set
    from 192.0.2.1                                who is connected; 192.0.2.1 where nothing is said
    at once                                       what the client says is not cut, for once
    on rcpt bob@: 550 5.1.1 No such mailbox       how the driver answers; it passes the rest
    S: 220 mx.example.org ESMTP Whybounce
    C: EHLO client.example                        a line of the client, ended with CR LF
    C+ abc\\n                                      octets of the client, as they stand; \\r \\n \\x00
    E: message "Hello\\r\\n"                        what the driver is told
    T: +301                                       seconds go by
    TLS: started                                  the driver has shaken hands
    EOF: client                                   the client sends no more; or: server winds down

What the client says without waiting stands in lines that follow one another.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from ipaddress import ip_address, ip_network
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from whybounce.gateway.smtp.server import (
    Limits,
    LineEnds,
    NulOctets,
    ServerDialogue,
    ServerSettings,
    TlsMode,
    answers,
)
from whybounce.gateway.smtp.server.events import (
    Authenticating,
    BodyBegins,
    BodyChunk,
    BodyDropped,
    Closed,
    Connected,
    Event,
    Greeted,
    MessageComplete,
    RecipientNamed,
    SenderNamed,
    TlsWanted,
)
from whybounce.vocabulary.envelope import Envelope, Recipient
from whybounce.vocabulary.reply import Reply
from whybounce.vocabulary.session import Session, Tls
from whybounce.vocabulary.status_code import StatusCode

DIALOGUES = sorted((Path(__file__).parent / "dialogues").glob("*.txt"))

QUESTIONS: dict[type, tuple[str, Callable[[Any], str]]] = {
    Connected: ("connect", lambda event: str(event.session.address)),
    Greeted: ("helo", lambda event: event.session.helo),
    Authenticating: ("auth", lambda event: event.credentials.account),
    SenderNamed: ("mail", lambda event: event.envelope.return_path),
    RecipientNamed: ("rcpt", lambda event: event.recipient.address),
    BodyBegins: ("data", lambda event: event.envelope.return_path),
    MessageComplete: ("message", lambda event: event.envelope.return_path),
}

SETTINGS: dict[str, Callable[[str], Any]] = {
    "tls": TlsMode,
    "line_ends": LineEnds,
    "nul_octets": NulOctets,
    "proxies": lambda written: tuple(ip_network(network) for network in written.split()),
    "xclient": lambda written: tuple(ip_network(network) for network in written.split()),
}


class Play:
    """One performance of a dialogue file."""

    def __init__(
        self, text: str, cut: Callable[[bytes], list[bytes]] = lambda octets: [octets]
    ) -> None:
        self.cut = cut
        self.steps = [
            line.partition(" ")[::2] for line in text.splitlines() if line and line[0] != "#"
        ]
        self.settings = ServerSettings(host="mx.example.org")
        self.address = "192.0.2.1"
        self.verdicts: list[tuple[str, str, Reply]] = []
        self.shows_envelopes = False
        self.now = 1000.0
        self.seen: list[str] = []
        self.body = b""

    def perform(self) -> list[str]:
        """Return what was said and told, as the file writes it."""
        script = [step for step in self.steps if not self._prepare(*step)]
        session = Session("trace", "inbound", ip_address(self.address), 50000)
        self.dialogue = ServerDialogue(self.settings, session, self.now)
        self._observe()
        for is_client, group in groupby(script, key=lambda step: step[0] in {"C:", "C+"}):
            lines = list(group)
            if is_client:
                self.seen += [f"{how} {what}" for how, what in lines]
                self._say(b"".join(_octets(how, what) for how, what in lines))
            else:
                for how, what in lines:
                    self._happen(how, what)
        return self.seen

    def expected(self) -> list[str]:
        """Return the file, as it should come out."""
        told = {"C:", "C+", "S:", "E:", "T:", "TLS:", "EOF:"}
        return [f"{how} {what}" for how, what in self.steps if how in told]

    def _prepare(self, how: str, what: str) -> bool:
        if how == "set":
            name, _, written = what.partition(" = ")
            self._set(name, written)
        elif how == "from":
            self.address = what
        elif how == "on":
            question, _, written = what.partition(": ")
            name, _, value = question.partition(" ")
            code, status, text = written.split(" ", 2)
            reply = Reply(text.replace("\\n", "\n"), int(code), StatusCode.parse(status))
            self.verdicts.append((name, value, reply))
        elif how == "at":
            self.cut = lambda octets: [octets]
        elif how == "show":
            self.shows_envelopes = True
        else:
            return False
        return True

    def _set(self, name: str, written: str) -> None:
        if name.startswith("limits."):
            limits = replace(self.settings.limits, **{name.removeprefix("limits."): int(written)})
            self.settings = replace(self.settings, limits=limits)
        else:
            value = SETTINGS.get(name, lambda written: written == "yes")(written)
            self.settings = replace(self.settings, **{name: value})

    def _say(self, octets: bytes) -> None:
        for piece in self.cut(octets):
            self.dialogue.receive(piece, self.now)
            self._observe()

    def _happen(self, how: str, what: str) -> None:
        if how in {"S:", "E:"}:
            return
        self.seen.append(f"{how} {what}")
        if how == "T:":
            self.now += float(what)
            self.dialogue.expire(self.now)
        elif how == "TLS:":
            self.dialogue.tls_started(Tls("TLSv1.3", "TLS_AES_256_GCM_SHA384"), self.now)
        elif what == "client":
            self.dialogue.receive_end()
        else:
            self.dialogue.wind_down()
        self._observe()

    def _observe(self) -> None:
        while (event := self.dialogue.next_event()) is not None:
            self._hear()
            self.seen += self._told(event)
            if type(event) in QUESTIONS:
                self.dialogue.answer(self._verdict(event), self.now)
        self._hear()

    def _hear(self) -> None:
        said = self.dialogue.to_send().decode()
        assert not said or said.endswith("\r\n")
        self.seen += [f"S: {line}" for line in said.split("\r\n")[:-1]]

    def _verdict(self, event: Event) -> Reply | None:
        name, value = QUESTIONS[type(event)]
        asked = value(event)
        return next(
            (reply for on, part, reply in self.verdicts if on == name and part in asked), None
        )

    def _told(self, event: Event) -> list[str]:
        match event:
            case TlsWanted():
                return ["E: TLS wanted"]
            case Connected(session) if session.proxy or session.spoke_early:
                return [
                    f"E: connected {session.address} name {session.name} through {session.proxy}"
                ]
            case Greeted(session) if session.spoke_early:
                return ["E: spoke early"]
            case Authenticating(_, credentials):
                return [f"E: authenticating {credentials.account}, {credentials.password}"]
            case SenderNamed(_, envelope) if self.shows_envelopes:
                return [f"E: sender <{envelope.return_path}>{_said(envelope)}"]
            case RecipientNamed(_, _, recipient) if self.shows_envelopes:
                return [f"E: recipient <{recipient.address}>{_said(recipient)}"]
            case BodyBegins():
                self.body = b""
            case BodyChunk(octets):
                self.body += octets
            case BodyDropped():
                return ["E: message dropped"]
            case MessageComplete(_, envelope, octets):
                assert octets == len(self.body) or b"\0" not in self.body
                to = " ".join(recipient.address for recipient in envelope.recipients)
                return [f"E: message to {to}: {_escaped(self.body)}"]
            case Closed(ending):
                return [f"E: closed, {ending.name.lower()}"]
        return []


def _said(noun: Envelope | Recipient) -> str:
    """Every field that the client's parameters filled."""
    told = ""
    for field in fields(noun)[1:]:
        value = getattr(noun, field.name)
        if field.name != "recipients" and value != field.default:
            shown = ",".join(sorted(value)) if isinstance(value, frozenset) else value
            told += f" {field.name}={shown}"
    return told


def _octets(how: str, what: str) -> bytes:
    escape = re.compile(r"\\(r|n|\\|x[0-9a-f]{2})")
    literal = {"r": b"\r", "n": b"\n", "\\": b"\\"}

    def pieces() -> Iterator[bytes]:
        place = 0
        for match in escape.finditer(what):
            yield what[place : match.start()].encode()
            yield literal.get(match[1]) or bytes.fromhex(match[1][1:])
            place = match.end()
        yield what[place:].encode()

    return b"".join(pieces()) + (b"\r\n" if how == "C:" else b"")


def _escaped(octets: bytes) -> str:
    return (
        '"' + octets.decode().replace("\\", "\\\\").replace("\r", "\\r").replace("\n", "\\n") + '"'
    )


@pytest.mark.parametrize("path", DIALOGUES, ids=lambda path: path.stem)
def test_a_conversation_goes_as_it_is_written(path: Path):
    """Reply by reply, and what the driver is told."""
    play = Play(path.read_text("utf-8"))

    assert play.expected() == play.perform()


@pytest.mark.parametrize("path", DIALOGUES, ids=lambda path: path.stem)
def test_octet_by_octet_the_same_is_said(path: Path):
    """What the client's lines say does not depend on how they arrive."""
    play = Play(
        path.read_text("utf-8"), lambda octets: [octets[i : i + 1] for i in range(len(octets))]
    )

    assert play.expected() == play.perform()


@given(st.data())
def test_any_split_of_the_octets_gives_the_same_conversation(data: st.DataObject):
    """Wherever the network cuts."""

    def cut(octets: bytes) -> list[bytes]:
        places = data.draw(st.lists(st.integers(0, len(octets)), max_size=12))
        edges = [0, *sorted(places), len(octets)]
        return [octets[start:end] for start, end in pairwise(edges)]

    play = Play(data.draw(st.sampled_from(DIALOGUES)).read_text("utf-8"), cut)

    assert play.expected() == play.perform()


def test_every_answer_is_given_in_some_dialogue():
    """A reply nobody can provoke is not written; one that can be is shown."""
    given_ = "\n".join(path.read_text("utf-8") for path in DIALOGUES)
    missing = [
        name
        for name, answer in vars(answers).items()
        if isinstance(answer, answers.Answer) and name not in _SAID_BY_THE_DRIVER
        if not re.search(_pattern(answer.reply), given_)
    ]

    assert missing == []


# Caps on connections, throttled AUTH, a handler's fault: the dialogue cannot know them.
_SAID_BY_THE_DRIVER = {
    "TOO_MANY_CLIENTS",
    "TOO_MANY_CONNECTIONS",
    "AUTH_THROTTLED",
    "OUR_FAULT",
}


def _pattern(reply: Reply) -> str:
    numbers = f"{reply.code} {reply.status}" if reply.status else str(reply.code)
    text = re.sub(r"\\\{\w+\\\}", ".+", re.escape(reply.text))
    return rf"S: {numbers}[ -]{text}"


def test_limits_are_all_numbers_above_nothing():
    """A limit of nothing would refuse everybody."""
    assert all(getattr(Limits(), field.name) > 0 for field in fields(Limits))
