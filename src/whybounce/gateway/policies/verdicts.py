"""What a policy says: pass, refuse, or defer. It names a cause; the words are the catalogue's."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeAlias

from whybounce.vocabulary.status_code import StatusCode


@dataclass(frozen=True, slots=True)
class Restriction:
    """A block to put in force because of what was seen; operators list and lift it."""

    kind: str  # What the subject is: "ip", "sender", "account", "organisation".
    subject: str
    cause: str  # Raised from now on for this subject.
    reason: str  # For whoever has to decide whether to lift it.
    lasts: timedelta | None = None  # None: until somebody lifts it.


@dataclass(frozen=True, slots=True)
class Pass:
    """There is nothing against it."""


@dataclass(frozen=True, slots=True)
class _Against:
    """Why mail is not taken."""

    cause: str
    values: Mapping[str, str] = field(default_factory=dict)  # For the cause's placeholders.
    evidence: str = ""  # What decided, for the trace: never told to strangers.
    status: StatusCode | None = None  # Which of the cause's forms, where it has several.
    restriction: Restriction | None = None
    plain: bool = False  # Said without a status code, to a client that was not offered any.


@dataclass(frozen=True, slots=True)
class Refuse(_Against):
    """It is not taken, now or later."""


@dataclass(frozen=True, slots=True)
class Defer(_Against):
    """It is not taken now; later it may be."""


Verdict: TypeAlias = Pass | Refuse | Defer

PASS = Pass()
