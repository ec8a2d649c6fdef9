"""A cause applied to one outcome."""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from whybounce.vocabulary.cause import Again, Reason, Suppress
from whybounce.vocabulary.finding import Confirmation
from whybounce.vocabulary.fix_it_owner import FixItOwner
from whybounce.vocabulary.reply import Reply
from whybounce.vocabulary.status_code import StatusCode


class Confidence(StrEnum):
    """How sure an explanation is."""

    CERTAIN = "certain"  # The words were written for, and the code agrees or is silent.
    LIKELY = "likely"  # Words or code point here, and nothing speaks against it.
    AMBIGUOUS = "ambiguous"  # The code has several meanings and no word decides.
    CLASS_ONLY = "class-only"  # Only "failed for good" or "failed for now" can be read.
    UNKNOWN = "unknown"


class Basis(StrEnum):
    """What kind of rule spoke: the steps of the lookup, strongest first."""

    WORDING = "wording"  # A reply rule matched.
    CODE = "code"  # A cause claims this very code.
    RANGE = "range"  # A cause claims a range the code falls in.
    IANA = "iana"  # The registry's meaning of subject and detail.
    CLASS = "class"  # The class of the code, or the first digit of the reply.
    REPORT = "report"  # The kind of report says it: a complaint is a complaint.
    NONE = "none"


class Because(Struct, frozen=True):
    """Why we think so."""

    basis: Basis
    rule: str | None  # The reply rule's id, or the code.
    words: str | None  # The words of the reply that decided.
    overruled: str | None = None  # The cause that the code alone would have given, where words won.


class Alternative(Struct, frozen=True):
    """Another reading of the same reply."""

    cause: str
    owner: FixItOwner
    rule: str | None  # The reply rule that also matched; None where only the code allows it.


class Explanation(Struct, frozen=True):
    """A cause applied to one outcome: ids and parameters only, never a language."""

    cause: str
    owner: FixItOwner
    helpers: tuple[FixItOwner, ...]
    again: Again
    suppress: Suppress
    reason: Reason
    permanent: bool | None  # Final for this message? None where nothing says so.
    confidence: Confidence
    because: Because
    parameters: Mapping[str, str]  # What the words are filled in with: recipient, remote …
    status: StatusCode | None = None  # The outermost code, even where an inner reply decided.
    reply_code: int | None = None
    reply: Reply | None = None
    system: str | None = None  # The mail system that speaks, if it can be told.
    alternatives: tuple[Alternative, ...] = ()
    inner: "Explanation | None" = None  # What the wrapped reply means.
    confirmation: Confirmation | None = None  # What live checks say of it, where they were asked.

    @property
    def tells_why(self) -> bool:
        """Whether more is known than that it failed, for good or for now."""
        return self.confidence not in {Confidence.CLASS_ONLY, Confidence.UNKNOWN}
