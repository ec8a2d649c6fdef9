"""Kill this process at a named step, as power does: for the proof, which puts this folder on PYTHONPATH.

Python imports a module of this name when it starts. ``WHYBOUNCE_DIE_AT=after-commit:3`` ends the
gateway the third time it is there. Nothing of this is in the gateway itself.
"""

import functools
import os
import signal
from collections.abc import Callable
from typing import Any

_step, _, _nth = os.environ.get("WHYBOUNCE_DIE_AT", "").partition(":")
_left = int(_nth or 1)


def _strike() -> None:
    global _left  # noqa: PLW0603  # there is one process to end
    _left -= 1
    if _left == 0:
        os.write(2, f"died at {_step}\n".encode())
        os.kill(os.getpid(), signal.SIGKILL)


def _at_commits_of(module: Any, name: str, is_meant: Callable[[Any], bool]) -> None:
    """Strike between the last statement and the COMMIT of a transaction with that operation in it."""
    from sqlalchemy import event  # noqa: PLC0415  # Python starts for others, too
    from sqlalchemy.engine import Engine  # noqa: PLC0415

    perform, pending = getattr(module, name), []

    @functools.wraps(perform)
    def performed(transaction: Any, asked: Any) -> Any:
        answers = perform(transaction, asked)
        if is_meant(asked):
            pending.append(True)
        return answers

    def committing(_connection: Any) -> None:
        if pending:
            pending.clear()
            _strike()

    setattr(module, name, performed)
    event.listen(Engine, "commit", committing)


def _before_commit() -> None:
    from whybounce.gateway.store import accepting  # noqa: PLC0415

    _at_commits_of(accepting, "accept", lambda _: True)


def _after_commit() -> None:
    """Strike when the message is durable, and before the 250."""
    from whybounce.gateway.store.store import Store  # noqa: PLC0415

    accept = Store.accept

    async def accepted(self: Store, *arguments: Any) -> str:
        answer = await accept(self, *arguments)
        _strike()
        return answer

    Store.accept = accepted  # type: ignore[method-assign]


def _after_remote() -> None:
    """Strike when a remote has said 250, and before we record it."""
    from whybounce.gateway.store.rows import Terminal  # noqa: PLC0415
    from whybounce.gateway.store.store import Store  # noqa: PLC0415

    settle, good = Store.settle, {Terminal.DELIVERED, Terminal.RELAYED}

    async def settled(self: Store, settlement: Any) -> Any:
        if any(each.terminal in good for each in settlement.retirements):
            _strike()
        return await settle(self, settlement)

    Store.settle = settled  # type: ignore[method-assign]


def _writing_report() -> None:
    """Strike when a notice is written, and not yet the store's."""
    from whybounce.writing import Writer  # noqa: PLC0415

    write = Writer.write

    @functools.wraps(write)
    def written(*arguments: Any, **more: Any) -> Any:
        octets = write(*arguments, **more)
        _strike()
        return octets

    Writer.write = written  # type: ignore[method-assign]


def _committing_report() -> None:
    """Strike when failure and notice are in the transaction, and before its commit."""
    from whybounce.gateway.store import settling  # noqa: PLC0415

    _at_commits_of(settling, "settle", lambda asked: any(each.messages for each in asked))


def _after_report() -> None:
    """Strike when failure and notice are durable, and nothing else knows of it."""
    from whybounce.gateway.store.store import Store  # noqa: PLC0415

    settle = Store.settle

    async def settled(self: Store, settlement: Any) -> Any:
        answer = await settle(self, settlement)
        if settlement.messages:
            _strike()
        return answer

    Store.settle = settled  # type: ignore[method-assign]


STEPS = {
    "before-commit": _before_commit,
    "after-commit": _after_commit,
    "after-remote-250": _after_remote,
    "writing-report": _writing_report,
    "committing-report": _committing_report,
    "after-report": _after_report,
}

if _step:
    STEPS[_step]()

if _seconds := os.environ.get("WHYBOUNCE_LEASE"):  # No test waits five minutes.
    from datetime import timedelta

    from whybounce.gateway import sending

    sending.OutboundSettings = functools.partial(  # type: ignore[misc,assignment]
        sending.OutboundSettings, lease=timedelta(seconds=float(_seconds))
    )
