"""Several watches of one store. A mistake in one is logged, and harms neither mail nor the others."""

import logging
from collections.abc import Callable, Sequence

from whybounce.gateway.store import Instruction
from whybounce.gateway.store.rows import Event, NewMessage, Settlement, Touched
from whybounce.gateway.store.watching import Watch

_log = logging.getLogger(__name__)


class Watches:
    """Tells each of them."""

    def __init__(self, *watches: Watch) -> None:
        self._watches = watches

    def accepted(self, id_: str, message: NewMessage) -> None:
        """Pass it on."""
        self._tell(lambda each: each.accepted(id_, message))

    def settled(self, settlement: Settlement, queued: Sequence[str]) -> None:
        """Pass it on."""
        self._tell(lambda each: each.settled(settlement, queued))

    def recorded(self, event: Event) -> None:
        """Pass it on."""
        self._tell(lambda each: each.recorded(event))

    def operated(self, instruction: Instruction, touched: Touched) -> None:
        """Pass it on."""
        self._tell(lambda each: each.operated(instruction, touched))

    def committed(self, operations: int, seconds: float) -> None:
        """Pass it on."""
        self._tell(lambda each: each.committed(operations, seconds))

    def _tell(self, tell: Callable[[Watch], None]) -> None:
        for each in self._watches:
            try:
                tell(each)
            except Exception:  # noqa: BLE001  # what is counted must not undo what was done
                _log.exception("a watch of the store failed")
