"""What was asked a moment ago, kept as long as it holds: the directory's answers, and all blocks.

Rule 1: what this process changed is forgotten at once: a directory that was loaded, a block put in
force or lifted. What another node changed is noticed within a second.
Rule 2: it is bounded. Of more blocks than fit, none are kept, and each message asks for its own.
Rule 3: an answer is kept under all that it depends on. Those about addresses that nobody has are kept
apart: who tries names makes nobody else's be forgotten.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, select

from whybounce.checking.conclusions import Conclusions
from whybounce.checking.lookups import Resolver
from whybounce.gateway.directory import Destination, Organisation, Recall, destination
from whybounce.gateway.directory.tables import state
from whybounce.gateway.store import Store, blocking
from whybounce.gateway.store.rows import Block

_HOLDS = timedelta(seconds=1)
_MOST_BLOCKS = 2_000
_MOST_ANSWERS = 10_000
_MOST_UNKNOWN = 1_000
_NOTHING = object()

Answer = TypeVar("Answer")
Subjects = Mapping[str, list[str]]
"""Who is asked about, by the kinds of blocks."""


class NotRememberedError(Exception):
    """It has to be asked."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What holds as long as nothing has changed."""

    version: tuple[Hashable, ...]  # Of directory and blocks, as the database has them.
    blocks: Mapping[tuple[str, str], tuple[Block, ...]] | None  # None: too many.
    answers: dict[Hashable, object] = field(default_factory=dict)
    unknown: dict[Hashable, object] = field(default_factory=dict)  # About what nobody has.


class Remembering:
    """Shared by all connections."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._conclusions: WeakKeyDictionary[Resolver, Conclusions] = WeakKeyDictionary()
        self._known: _Known | None = None
        self._changes = -1  # Of the store, when it was looked at last.
        self._looked: datetime | None = None

    @property
    def changes(self) -> int:
        """What to hand to ``asking`` from the loop, before anything is read."""
        return self._store.changes

    def conclusions(self, resolver: Resolver) -> Conclusions:
        """Return what was concluded from records that this resolver gave."""
        known = self._conclusions.get(resolver)
        if known is None:
            known = self._conclusions[resolver] = Conclusions()
        return known

    async def learned(self, learn: Callable[["Recalled"], Answer], now: datetime) -> Answer:
        """Return what is learned from memory; where something is lacking there, all by one question."""
        try:
            return learn(self.recalled(now))
        except NotRememberedError:
            changes = self.changes
            return await self._store.ask_briefly(lambda c: learn(self.asking(c, now, changes)))

    def recall(self, clock: Callable[[], datetime]) -> Recall:
        """Return what the directory asks by."""

        async def recall(question: Hashable, ask: Callable[[Connection], Answer]) -> Answer:
            return await self.learned(lambda recalled: recalled.answer(question, ask), clock())

        return recall

    def recalled(self, now: datetime) -> "Recalled":
        """Return what is remembered, without asking anybody."""
        return Recalled(self._known if self._is_good(now) else None, None, now)

    def asking(self, connection: Connection, now: datetime, changes: int) -> "Recalled":
        """Return what is remembered and still holds; what is not is asked by the connection."""
        if self._is_good(now):
            return Recalled(self._known, connection, now)
        version = _version(connection)
        known = self._known
        if known is None or known.version != version:
            known = _Known(version, _all_blocks(connection, now))
        # One after the other: at worst, another thread's look is older, and is repeated.
        self._known, self._changes, self._looked = known, changes, now
        return Recalled(known, connection, now)

    def _is_good(self, now: datetime) -> bool:
        age = None if self._looked is None else now - self._looked
        is_fresh = age is not None and timedelta(0) <= age < _HOLDS  # Clocks may be set back.
        return is_fresh and self._changes == self._store.changes


class Recalled:
    """Answers from memory; where there is none and a connection is given, by asking.

    Every method raises ``NotRememberedError`` where there is neither.
    """

    def __init__(self, known: _Known | None, connection: Connection | None, now: datetime) -> None:
        self._known = known
        self._connection = connection
        self._now = now

    @property
    def connection(self) -> Connection:
        """What to ask by."""
        if self._connection is None:
            raise NotRememberedError
        return self._connection

    def answer(self, question: Hashable, ask: Callable[[Connection], Answer]) -> Answer:
        """Return the answer; kept under the question, which must hold all it depends on."""
        known = self._remembered
        kept = known.answers.get(question, _NOTHING)  # One look: another thread may empty it.
        if kept is not _NOTHING:
            return kept  # type: ignore[return-value]  # each question has its own kind
        answer = ask(self.connection)
        _keep(known.answers, _MOST_ANSWERS, question, answer)
        return answer

    def destination(self, sender: str, address: str, of: Organisation | None) -> Destination:
        """Return all that the directory has about a recipient of the organisation's sender."""
        known, whose = self._remembered, of.name if of else ""
        for asking in ("", sender):
            question = ("destination", address, whose, asking)
            kept = known.answers.get(question) or known.unknown.get(question)
            if kept is not None:
                return kept  # type: ignore[return-value]  # as it was put there below
        answer = destination(self.connection, sender, address, of)
        asking = sender if _depends_on_sender(answer, of) else ""
        question = ("destination", address, whose, asking)
        if answer.found is not None:
            _keep(known.answers, _MOST_ANSWERS, question, answer)
        else:
            _keep(known.unknown, _MOST_UNKNOWN, question, answer)
        return answer

    def blocks(self, subjects: Subjects) -> tuple[Block, ...]:
        """Return the blocks in force about any of the subjects, oldest first."""
        kept = self._remembered.blocks
        if kept is None:
            return blocking.about(self.connection, self._now, subjects)
        if not kept:
            return ()
        found = (
            block
            for kind, those in subjects.items()
            for subject in those
            for block in kept.get((kind, subject), ())
        )
        in_force = [each for each in found if each.until is None or each.until > self._now]
        return tuple(sorted(in_force, key=lambda each: each.id))

    @property
    def may_be_blocked(self) -> bool:
        """Whether there are any blocks at all."""
        return self._remembered.blocks != {}

    @property
    def _remembered(self) -> _Known:
        if self._known is None:
            raise NotRememberedError
        return self._known


def _keep(answers: dict[Hashable, object], most: int, question: Hashable, answer: object) -> None:
    if len(answers) >= most:
        answers.clear()
    answers[question] = answer


def _depends_on_sender(answer: Destination, of: Organisation | None) -> bool:
    """Whether what it lets others do depends on who they are: by its lists, or by somebody's rules."""
    sides = [side for side in (of, answer.organisation) if side is not None]
    if any(rule.senders for side in sides for rule in side.mail_flow_rule):
        return True
    entry = answer.found.entry if answer.found else None
    return entry is not None and bool(entry.accept_from or entry.reject_from or entry.moderators)


_DIGEST = select(state.c.digest)


def _version(connection: Connection) -> tuple[Hashable, ...]:
    return connection.scalar(_DIGEST), *blocking.version(connection)


def _all_blocks(
    connection: Connection, now: datetime
) -> Mapping[tuple[str, str], tuple[Block, ...]] | None:
    if blocking.count_in_force(connection) > _MOST_BLOCKS:
        return None
    grouped: dict[tuple[str, str], list[Block]] = defaultdict(list)
    for block in blocking.in_force(connection, now):
        grouped[block.kind, block.subject].append(block)
    return {who: tuple(those) for who, those in grouped.items()}
