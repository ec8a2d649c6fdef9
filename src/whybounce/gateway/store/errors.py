"""What can go wrong with the store. For the SMTP side, the operator and the programmer."""

from collections.abc import Collection
from enum import StrEnum


class Trouble(StrEnum):
    """What keeps the store from working. Clients are told 451 4.3.0, whichever it is."""

    FULL = "full"  # No room on the disk, or the quota is used up.
    READ_ONLY = "read-only"
    CORRUPT = "corrupt"
    FAULTY = "faulty"  # The disk answers with errors.
    UNREACHABLE = "unreachable"  # It cannot be opened, or the server does not answer.
    BUSY = "busy"  # Somebody else holds it, or too many wait.
    STOPPED = "stopped"  # The writer has ended, or the store is closed.


class StoreError(Exception):
    """The store did not do what was asked. Says why in one sentence."""


class StoreUnavailableError(StoreError):
    """The store cannot work now. Nothing was recorded as far as is known; try again later.

    Where a database server went away in the middle of a commit, what was asked may have happened.
    """

    def __init__(self, trouble: Trouble, said: str) -> None:
        super().__init__(f"the queue is {trouble}: {said}")
        self.trouble = trouble
        self.said = said  # In the words of the database or the operating system.


class StoreInUseError(StoreError):
    """Another process owns the queue's file."""

    def __init__(self, path: str, owner: str) -> None:
        super().__init__(
            f"{path} belongs to {owner}, which is running; one process owns a SQLite queue."
            " Stop that one first, or use PostgreSQL for several nodes"
        )
        self.path = path
        self.owner = owner


class StoreSetupError(StoreError):
    """The store cannot be opened as it was asked for; waiting does not help."""


class UnknownMessageError(StoreError):
    """There is no message with that id, or none any more."""

    def __init__(self, message: str) -> None:
        super().__init__(f"there is no message {message}")
        self.message = message


class LeaseLostError(StoreError):
    """The recipients are no longer the caller's: the lease ran out and somebody else has them.

    Nothing was recorded, not even about those that still are.
    """

    def __init__(self, message: str, numbers: Collection[int]) -> None:
        listed = ", ".join(map(str, sorted(numbers)))
        super().__init__(f"the lease on message {message} was lost for recipients {listed}")
        self.message = message
        self.numbers = frozenset(numbers)


class BodyGoneError(StoreError):
    """The message is finished, and its body was let go."""

    def __init__(self, message: str) -> None:
        super().__init__(f"the body of message {message} is not kept any more")
        self.message = message


class CorruptBodyError(StoreError):
    """The body is not what was accepted. The message has been set aside."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(f"the body of message {message} is damaged: {reason}")
        self.message = message
        self.reason = reason
