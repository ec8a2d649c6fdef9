"""Provoking: a condition is met through a running demonstration, and what came of it is read back.

Mail is submitted by the standard library's own client, so nothing of ours speaks to itself. Whether a
cause was raised is what our reader says of the reply, or of the NDR in the sender's mailbox.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import whybounce
from whybounce.gateway.resolving import folder_of
from whybounce.provoking.demonstration import OUTSIDE
from whybounce.provoking.naming import Condition
from whybounce.provoking.sending import Line, sent
from whybounce.provoking.whereabouts import Whereabouts
from whybounce.vocabulary.explanation import Explanation
from whybounce.vocabulary.fix_it_owner import FixItOwner
from whybounce.vocabulary.outcome import Action, Outcome
from whybounce.vocabulary.report import Diagnosis
from whybounce.vocabulary.status_code import StatusCode

_ENDS = frozenset({Action.FAILED, Action.DELIVERED, Action.RELAYED, Action.EXPANDED})
_OFTEN = 0.1  # Seconds between looks into the mailboxes.


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
        refused = sent(condition, at, message_id, heard)
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
