"""Provoking: a condition is met through a running demonstration, and what came of it is read back.

Mail is submitted by the standard library's own client, so nothing of ours speaks to itself. Whether a
cause was raised is what our reader says of the reply, or of the NDR in the sender's mailbox.
"""

import re
import smtplib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any
from uuid import uuid4

from msgspec import structs

import whybounce
from whybounce.catalogue import Catalogue
from whybounce.gateway.resolving import folder_of
from whybounce.provoking.conditions import DOMAIN, Client, rows
from whybounce.provoking.demonstration import OUTSIDE
from whybounce.provoking.sayings import Sayings, Wanted
from whybounce.provoking.whereabouts import Whereabouts
from whybounce.vocabulary.cause import VerdictKind
from whybounce.vocabulary.explanation import Explanation
from whybounce.vocabulary.fix_it_owner import FixItOwner
from whybounce.vocabulary.outcome import Action, Outcome
from whybounce.vocabulary.report import Diagnosis
from whybounce.vocabulary.status_code import StatusCode

ACCOUNT = "anna@contoso.example"
_HOST = "127.0.0.1"
_ENDS = frozenset({Action.FAILED, Action.DELIVERED, Action.RELAYED, Action.EXPANDED})
_NO_CODE = StatusCode(5, 0, 0)
_OFTEN = 0.1  # Seconds between looks into the mailboxes.
_GUESS = "not it"
_CLIENT_WAITS = 30  # Seconds for an answer.
_MOST_HEARD, _LONGEST_HEARD = 200, 4_000  # Lines of a conversation, and letters of one.
_SECRET = re.compile(r"AUTH [A-Z0-9-]+ ", re.IGNORECASE)


class NoDemonstrationError(Exception):
    """Nothing of ours answers where the demonstration should be."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What is to be raised, and how that is done."""

    wanted: Wanted
    causes: tuple[str, ...]  # Any of these will do.
    how: str
    stage: str  # Where it shows, as far as that is known beforehand.
    client: Client
    never: bool = False  # No undelivered message: it is told what it is instead.
    code: StatusCode | None = None  # What must be said; None: whatever means the cause.
    is_in_delay: bool = False  # The notice of the delay says it, while it is tried.
    is_real: bool = False  # Made to happen, and not said by a server of the world.


@dataclass(frozen=True, slots=True)
class Line:
    """What one side of a conversation said."""

    is_server: bool
    text: str


@dataclass(frozen=True, slots=True)
class Provoked:
    """What came of it."""

    condition: Condition
    stage: str  # The command that was refused; else where delivery failed.
    said: str | None = None  # The reply, as it was given or as the NDR quotes it.
    status: StatusCode | None = None
    cause: str | None = None  # As read back.
    owner: FixItOwner | None = None
    notice: Path | None = (
        None  # The NDR's file, where there is one; or that of the notice of delay.
    )
    is_delay: bool = False  # The notice says that it is being tried.
    delay_notices: tuple[Path, ...] = ()
    seconds: float = 0
    trouble: str | None = None  # Why nothing is known.
    dialogue: tuple[Line, ...] = ()  # With whom it was sent through, the last time.

    @property
    def is_raised(self) -> bool:
        """Whether it is the cause that was wanted, with its code where that is settled."""
        wanted = self.condition
        if self.cause is None or (wanted.causes and self.cause not in wanted.causes):
            return False
        return wanted.code is None or self.status == wanted.code


class Conditions:
    """The conditions there are."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._sayings = Sayings(catalogue, f"mx.{DOMAIN}", DOMAIN)

    def named(self, name: str) -> Condition | None:
        """Return the condition of a cause or a code; None where there is none of that name.

        A code is said by a server of the world; so is a cause, unless its row knows better.
        """
        wanted = self._sayings.wanted(name)
        if wanted is None:
            return None
        causes = self._sayings.causes_of(wanted)
        own = rows().get(str(wanted))
        row = own or (rows().get(causes[0]) if causes else None)
        if row is not None and row.client is not None and (own or wanted.code is None):
            return Condition(
                wanted,
                causes,
                row.how,
                "delivery",
                row.client,
                is_in_delay=row.told_in_delay,
                is_real=True,
            )
        client = Client(recipients=(f"{wanted}@{DOMAIN}",))
        if row is not None and (row.is_a_way or row.never):
            return Condition(
                wanted,
                causes,
                row.how,
                "delivery",
                client,
                row.never,
                is_in_delay=wanted.code in self._deferrals(causes[0]),
                is_real=row.is_a_way,
            )
        saying = self._sayings.of(wanted)
        if saying is None:
            return None
        return Condition(
            wanted, causes, f"the server of {DOMAIN} says so", saying.answer.at, client
        )

    def _deferrals(self, cause: str) -> frozenset[StatusCode | None]:
        """Return the codes by which the cause is told of while it is tried."""
        forms = self._catalogue.causes[cause].replies
        return frozenset(each.status for each in forms if each.verdict is VerdictKind.DEFER)

    def table(self) -> list[Condition]:
        """Return one condition for each row of the seeds, with the code that must be said."""
        causes_of: dict[str, list[str]] = {}
        for cause in self._catalogue.causes.values():
            for seed in cause.seeds:
                causes_of.setdefault(seed, []).append(cause.id)
        found = [self._row(seed, causes) for seed, causes in causes_of.items()]
        return sorted(found, key=lambda each: (each.code is None, each.code or _NO_CODE))

    def _row(self, seed: str, causes: list[str]) -> Condition:
        code = StatusCode.parse(seed.partition(" ")[0].partition("-")[0])
        both, (first, *_) = str(Wanted(causes[0], code)), causes
        row = rows().get(first)
        is_met = both not in rows() and row is not None and row.client is not None
        condition = self.named(first if is_met or code is None else both)
        if condition is None:
            raise LookupError(f"no condition for {seed}")
        return replace(condition, causes=tuple(causes), code=code)

    def all(self) -> list[Condition]:
        """Return each cause's own condition, and what servers say for it with each of its codes."""
        found = []
        for cause in self._catalogue.causes.values():
            row = rows().get(cause.id)
            codes = dict.fromkeys(form.status for form in cause.replies)
            names = [f"{cause.id}={code}" for code in codes]
            if row is not None and row.is_a_way:
                names = []
            if not names or (row is not None and row.client):
                names.insert(0, cause.id)
            conditions = [self.named(name) for name in names]
            found += [each for each in conditions if each is not None]
        return found


def provoke(
    conditions: Sequence[Condition], at: Whereabouts, *, patience: float
) -> Iterator[Provoked]:
    """Yield what came of each, as soon as it is known.

    Args:
        conditions: What to raise; all of it is sent before anything is waited for.
        at: The demonstration.
        patience: Seconds to wait for the last NDR.

    Raises:
        NoDemonstrationError: Nothing answers there.

    """
    began = time.monotonic()
    waiting: dict[str, Condition] = {}
    dialogues: dict[str, tuple[Line, ...]] = {}
    for condition in conditions:
        message_id = f"<{uuid4().hex}@contoso.example>"
        heard: list[Line] = []
        refused = _sent(condition, at, message_id, heard)
        if refused is None:
            waiting[message_id], dialogues[message_id] = condition, tuple(heard)
            continue
        stage, reply = refused
        said = _replied(condition, stage, reply, time.monotonic() - began)
        yield replace(said, dialogue=tuple(heard))
    mailboxes = _Mailboxes(at.mailboxes)
    deadline = time.monotonic() + patience
    while waiting and time.monotonic() < deadline:
        for message_id, notice in mailboxes.news(waiting):
            condition = waiting.pop(message_id)
            reported = _reported(condition, notice, time.monotonic() - began)
            yield replace(reported, dialogue=dialogues[message_id])
        if waiting:
            time.sleep(_OFTEN)
    for message_id, condition in waiting.items():
        trouble = f"no NDR came within {patience:.0f} seconds"
        dialogue = dialogues[message_id]
        yield Provoked(condition, condition.stage, trouble=trouble, dialogue=dialogue)


# Sending.


class _Client(smtplib.SMTP):
    """A client that writes the conversation down, as far as there is room."""

    def __init__(self, heard: list[Line], helo: str) -> None:
        super().__init__(local_hostname=helo, timeout=_CLIENT_WAITS)
        self._heard = heard
        heard.clear()

    def send(self, s: Any) -> None:
        """Say something."""
        written = s.decode("utf-8", "replace") if isinstance(s, bytes | bytearray) else str(s)
        self._hear(written, is_server=False)
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        """Hear the answer."""
        code, words = super().getreply()
        lines = words.decode("utf-8", "replace").split("\n")
        marks = ["-"] * (len(lines) - 1) + [" "]
        said = (f"{code}{mark}{line}" for mark, line in zip(marks, lines, strict=True))
        self._hear("\n".join(said), is_server=True)
        return code, words

    def _hear(self, written: str, *, is_server: bool) -> None:
        text = written.replace("\r\n", "\n").rstrip("\n")
        if _SECRET.match(text) and not is_server:
            text = f"{text[: text.find(' ', 5)]} …"
        if len(text) > _LONGEST_HEARD:
            text = f"{text[:_LONGEST_HEARD]}\n…"
        if len(self._heard) < _MOST_HEARD:
            self._heard.append(Line(is_server, text))


def _sent(
    condition: Condition, at: Whereabouts, message_id: str, heard: list[Line]
) -> tuple[str, str] | None:
    """Send it as often as it takes; return at which command it was refused, and the reply."""
    client = condition.client
    if client.wrong_passwords:
        refused = _sent_once(client, at, f"<{uuid4().hex}@contoso.example>", heard)
        if refused is not None:
            return refused  # Somebody guessed before; what that led to stands.
        for _ in range(client.wrong_passwords):
            _sent_once(structs.replace(client, password=_GUESS), at, message_id, heard)
    for turn in range(client.times):
        id_ = message_id if turn == client.times - 1 else f"<{uuid4().hex}@contoso.example>"
        refused = _sent_once(client, at, id_, heard)
        if refused is not None:
            return refused
    return None


def _sent_once(
    client: Client, at: Whereabouts, message_id: str, heard: list[Line]
) -> tuple[str, str] | None:
    ports = {"inbound": at.inbound, "programs": at.programs}
    port = ports.get(client.listener, at.submission)
    with _Client(heard, client.helo) as smtp:
        try:
            return _conversation(smtp, client, port, message_id)
        except ConnectionRefusedError as error:
            raise NoDemonstrationError(f"nobody listens at {_HOST}:{port}") from error
        except smtplib.SMTPServerDisconnected as error:
            return "connection", str(error)


def _conversation(
    smtp: smtplib.SMTP, client: Client, port: int, message_id: str
) -> tuple[str, str] | None:
    """Say what a client says; return the first thing that was refused."""
    code, words = smtp.connect(_HOST, port)
    if code != 220:
        return "connect", _reply(code, words)
    smtp.ehlo()
    if client.address or client.name:
        told = {"ADDR": _for_xclient(client.address), "NAME": client.name, "HELO": client.helo}
        given = " ".join(f"{key}={value}" for key, value in told.items() if value)
        code, words = smtp.docmd("XCLIENT", given)
        if code != 220:
            return "connect", _reply(code, words)
    code, words = smtp.ehlo()
    if code != 250:
        return "EHLO", _reply(code, words)
    login = ACCOUNT if client.login is None and client.listener == "submission" else client.login
    if login:
        try:
            smtp.login(login, client.password)
        except smtplib.SMTPAuthenticationError as error:
            return "AUTH", _reply(error.smtp_code, error.smtp_error)
    options = [f"ENVID={message_id.strip('<>').partition('@')[0]}"]
    if client.is_old:
        smtp.helo()
        options = []  # RFC 5321 §4.1.1.11: who says HELO gets no extensions.
    options += [f"SIZE={client.declares}"] if client.declares is not None else []
    code, words = smtp.mail(client.sender, options)
    if code != 250:
        return "MAIL", _reply(code, words)
    options = [f"NOTIFY={client.notify}"] if client.notify else []
    for recipient in client.recipients:
        code, words = smtp.rcpt(recipient, options)
        if code not in {250, 251}:
            return "RCPT", _reply(code, words)
    code, words = smtp.docmd("DATA")
    if code != 354:
        return "DATA", _reply(code, words)
    smtp.send(_message(client, message_id) + b".\r\n")  # As it is: its faults are the point.
    code, words = smtp.getreply()
    return None if code == 250 else ("end of data", _reply(code, words))


def _for_xclient(address: str | None) -> str | None:
    return f"IPV6:{address}" if address and ":" in address else address


def _reply(code: int, words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return f"{code} {' '.join(text.split())}"


def _message(client: Client, message_id: str) -> bytes:
    header = {
        "From": f"<{client.sender or ACCOUNT}>",
        "To": ", ".join(f"<{each}>" for each in client.recipients),
        "Subject": "Meant to come back",
        "Message-ID": message_id,
        **client.header,
    }
    if client.embedded_files:
        return _attaching(header, client.embedded_files)
    fields = "".join(f"{name}: {value}\r\n" for name, value in header.items() if value)
    line = "x" * 70 + "\r\n"
    padding = line * -(-max(0, client.octets - len(client.body)) // len(line))
    return f"{fields}\r\n{client.body}{padding}".encode()


def _attaching(header: dict[str, str], files: int) -> bytes:
    """Return a message with one attached message that holds so many files."""
    inner, outer = EmailMessage(), EmailMessage()
    for name, value in header.items():
        outer[name] = value
    inner["From"] = header["From"]
    inner.set_content("Many files.\n")
    outer.set_content("See the attached message.\n")
    for number in range(files):
        inner.add_attachment(b"x", "application", "octet-stream", filename=f"{number}.bin")
    outer.add_attachment(inner)
    return outer.as_bytes(policy=SMTP)


# Reading back.


def _replied(condition: Condition, stage: str, said: str, seconds: float) -> Provoked:
    explanation = whybounce.explain(said)
    return Provoked(
        condition,
        stage,
        said=said,
        status=explanation.status,
        cause=explanation.cause,
        owner=explanation.owner,
        seconds=seconds,
    )


@dataclass(frozen=True, slots=True)
class _Notice:
    file: Path
    diagnosis: Diagnosis
    delays: tuple[Path, ...]
    is_delay: bool = False


class _Mailboxes:
    """The notices that arrive for those who sent; each file is read once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: set[Path] = set()
        self._delays: dict[str, list[Path]] = {}

    def news(self, waiting: dict[str, Condition]) -> Iterator[tuple[str, _Notice]]:
        """Yield the notices that are new and end the wait for a message."""
        senders = {each.client.sender for each in waiting.values()}
        names = [folder_of(each) for each in sorted(senders) if each]
        for name in dict.fromkeys((*names, OUTSIDE)):
            new = self._folder / name / "new"
            files = set(new.iterdir()) - self._seen if new.is_dir() else set()
            for file in sorted(files):
                self._seen.add(file)
                found = self._about(file, waiting)
                if found is not None:
                    yield found

    def _about(self, file: Path, waiting: dict[str, Condition]) -> tuple[str, _Notice] | None:
        diagnosis = whybounce.diagnose(file.read_bytes())
        original = diagnosis.report.original
        message_id = original.message_id if original else None
        if message_id not in waiting or not diagnosis.report.outcomes:
            return None
        if not any(each.action in _ENDS for each in diagnosis.report.outcomes):
            if waiting[message_id].is_in_delay:
                return message_id, _Notice(file, diagnosis, (), is_delay=True)
            self._delays.setdefault(message_id, []).append(file)
            return None
        return message_id, _Notice(file, diagnosis, tuple(self._delays.pop(message_id, ())))


def _reported(condition: Condition, notice: _Notice, seconds: float) -> Provoked:
    """Return what the NDR says about the recipient that met the cause, or else about the first."""
    pairs = list(zip(notice.diagnosis.report.outcomes, notice.diagnosis.explanations, strict=True))
    told = [each for outcome, explanation in pairs for each in _told(outcome, explanation)]
    found = next(
        (each for each in told if _is_wanted(each, condition)),
        next((each for each in told if each.cause in condition.causes), told[0]),
    )
    return Provoked(
        condition,
        condition.stage,
        said=found.said,
        status=found.status,
        cause=found.cause,
        owner=found.owner,
        notice=notice.file,
        is_delay=notice.is_delay,
        delay_notices=notice.delays,
        seconds=seconds,
    )


@dataclass(frozen=True, slots=True)
class _Told:
    """One thing that a notice says about a recipient."""

    said: str | None
    status: StatusCode | None
    cause: str
    owner: FixItOwner


def _told(outcome: Outcome, explanation: Explanation) -> Iterator[_Told]:
    """Yield the cause, with the code of the reply that says it; then what the notice says around that."""
    reply = outcome.reply
    inner = reply.innermost if reply else None
    said = str(inner) if inner else None
    status = inner.status if inner and inner.status else outcome.status
    yield _Told(said, status, explanation.cause, explanation.owner)
    yield _Told(said, outcome.status, explanation.cause, explanation.owner)
    if reply is not None and reply.inner is not None:
        around = whybounce.explain(f"{reply.code} {reply.status} {reply.text}")
        yield _Told(str(reply), reply.status, around.cause, around.owner)


def _is_wanted(told: _Told, condition: Condition) -> bool:
    return told.cause in condition.causes and told.status == condition.code
