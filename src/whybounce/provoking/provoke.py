"""Provoking: a condition is met through a running demonstration, and what came of it is read back.

Mail is submitted by the standard library's own client, so nothing of ours speaks to itself. Whether a
cause was raised is what our reader says of the reply, or of the NDR in the sender's mailbox.
"""

import smtplib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import whybounce
from whybounce.catalogue import Catalogue
from whybounce.gateway.resolving import folder_of
from whybounce.provoking.conditions import DOMAIN, Client, rows
from whybounce.provoking.demonstration import OUTSIDE
from whybounce.provoking.sayings import Sayings, Wanted
from whybounce.provoking.whereabouts import Whereabouts
from whybounce.vocabulary.fix_it_owner import FixItOwner
from whybounce.vocabulary.outcome import Action
from whybounce.vocabulary.report import Diagnosis
from whybounce.vocabulary.status_code import StatusCode

ACCOUNT = "anna@contoso.example"
_HOST = "127.0.0.1"
_ENDS = frozenset({Action.FAILED, Action.DELIVERED, Action.RELAYED, Action.EXPANDED})
_OFTEN = 0.1  # Seconds between looks into the mailboxes.
_CLIENT_WAITS = 30  # Seconds for an answer.


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


@dataclass(frozen=True, slots=True)
class Provoked:
    """What came of it."""

    condition: Condition
    stage: str  # The command that was refused; else where delivery failed.
    said: str | None = None  # The reply, as it was given or as the NDR quotes it.
    status: StatusCode | None = None
    cause: str | None = None  # As read back.
    owner: FixItOwner | None = None
    notice: Path | None = None  # The NDR's file, where there is one.
    delay_notices: tuple[Path, ...] = ()
    seconds: float = 0
    trouble: str | None = None  # Why nothing is known.

    @property
    def is_raised(self) -> bool:
        """Whether it is the cause that was wanted."""
        return self.cause is not None and (
            self.cause in self.condition.causes or not self.condition.causes
        )


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
        row = rows().get(causes[0]) if causes else None
        if row is not None and row.client is not None and wanted.code is None:
            return Condition(wanted, causes, row.how, "delivery", row.client)
        client = Client(recipients=(f"{wanted}@{DOMAIN}",))
        if row is not None and (row.is_a_way or row.never):
            return Condition(wanted, causes, row.how, "delivery", client, row.never)
        saying = self._sayings.of(wanted)
        if saying is None:
            return None
        return Condition(
            wanted, causes, f"the server of {DOMAIN} says so", saying.answer.at, client
        )

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
    for condition in conditions:
        message_id = f"<{uuid4().hex}@contoso.example>"
        refused = _sent(condition, at, message_id)
        if refused is None:
            waiting[message_id] = condition
            continue
        stage, reply = refused
        yield _replied(condition, stage, reply, time.monotonic() - began)
    mailboxes = _Mailboxes(at.mailboxes)
    deadline = time.monotonic() + patience
    while waiting and time.monotonic() < deadline:
        for message_id, notice in mailboxes.news(waiting):
            condition = waiting.pop(message_id)
            yield _reported(condition, notice, time.monotonic() - began)
        if waiting:
            time.sleep(_OFTEN)
    for condition in waiting.values():
        trouble = f"no NDR came within {patience:.0f} seconds"
        yield Provoked(condition, condition.stage, trouble=trouble)


# Sending.


def _sent(condition: Condition, at: Whereabouts, message_id: str) -> tuple[str, str] | None:
    """Send it as often as it takes; return at which command it was refused, and the reply."""
    client = condition.client
    for turn in range(client.times):
        id_ = message_id if turn == client.times - 1 else f"<{uuid4().hex}@contoso.example>"
        refused = _sent_once(client, at, id_)
        if refused is not None:
            return refused
    return None


def _sent_once(client: Client, at: Whereabouts, message_id: str) -> tuple[str, str] | None:
    port = at.inbound if client.listener == "inbound" else at.submission
    with smtplib.SMTP(local_hostname=client.helo, timeout=_CLIENT_WAITS) as smtp:
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
    fields = "".join(f"{name}: {value}\r\n" for name, value in header.items() if value)
    line = "x" * 70 + "\r\n"
    padding = line * -(-max(0, client.octets - len(client.body)) // len(line))
    return f"{fields}\r\n{client.body}{padding}".encode()


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
            self._delays.setdefault(message_id, []).append(file)
            return None
        return message_id, _Notice(file, diagnosis, tuple(self._delays.pop(message_id, ())))


def _reported(condition: Condition, notice: _Notice, seconds: float) -> Provoked:
    """Return what the NDR says about the recipient that met the cause, or else about the first."""
    pairs = list(zip(notice.diagnosis.report.outcomes, notice.diagnosis.explanations, strict=True))
    outcome, explanation = next(
        ((one, why) for one, why in pairs if why.cause in condition.causes), pairs[0]
    )
    said = outcome.reply.innermost if outcome.reply else None
    return Provoked(
        condition,
        condition.stage,
        said=str(said) if said else None,
        status=said.status if said and said.status else outcome.status,
        cause=explanation.cause,
        owner=explanation.owner,
        notice=notice.file,
        delay_notices=notice.delays,
        seconds=seconds,
    )
