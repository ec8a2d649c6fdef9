"""Who watches the store: told of what has become durable, for metrics and the log.

A watcher is called in the event loop, after the commit and before the caller hears of it. It must
neither wait nor raise.
"""

from collections.abc import Sequence
from typing import Protocol

from whybounce.gateway.store.operating import Instruction
from whybounce.gateway.store.rows import Event, NewMessage, Settlement, Touched


class Watch(Protocol):
    """What is told."""

    def accepted(self, id_: str, message: NewMessage) -> None:
        """Hear that a message was taken."""

    def settled(self, settlement: Settlement, queued: Sequence[str]) -> None:
        """Hear what a delivery session ended with, and the ids of the messages it queued."""

    def recorded(self, event: Event) -> None:
        """Hear of what happened besides: a refusal."""

    def operated(self, instruction: Instruction, touched: Touched) -> None:
        """Hear what an operator did."""

    def committed(self, operations: int, seconds: float) -> None:
        """Hear of a commit: what it held, and how long it took. Called in the writer's thread."""
