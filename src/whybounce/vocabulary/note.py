"""What a returned header shows beyond what its report says: ids and facts, never a language."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

from msgspec import Struct, field as default_from

Parameter = str | int | timedelta


class NoteId(StrEnum):
    """What is noted. Permanent; the sentences stand in the catalogue's words."""

    FORWARDED = "forwarded"  # It failed at another address than the one it was sent to.
    NOT_IN_TO = "not-in-to"  # The address that failed is not among those in To and Cc.
    REFUSED_ELSEWHERE = "refused-elsewhere"  # One server wrote the report, another refused.
    FAILED_AT_GENERATOR = (
        "failed-at-generator"  # The server that wrote the report is where it failed.
    )
    GENERATOR_BEHIND_NAME = "generator-behind-name"  # The report's From hides who wrote it.
    GENERATOR_NOT_NAMED = (
        "generator-not-named"  # The report hides who wrote it; its own trace does not.
    )
    LAST_SERVER = "last-server"  # Nor does its own trace tell; the original's does how far it came.
    SPF_FAIL = "spf-fail"
    SPF_SOFTFAIL = "spf-softfail"
    SPF_NEUTRAL = "spf-neutral"
    SPF_NONE = "spf-none"
    SPF_ERROR = "spf-error"
    DKIM_FAIL = "dkim-fail"
    DKIM_NONE = "dkim-none"
    DKIM_ERROR = "dkim-error"
    DMARC_FAIL = "dmarc-fail"
    DMARC_NONE = "dmarc-none"
    DMARC_ERROR = "dmarc-error"
    PERHAPS_FORGED = "perhaps-forged"  # The reader may never have sent this.
    LOOP = "loop"  # The same servers hand the message round.
    LONG_WAIT = "long-wait"  # Where most of the time went, between two servers.
    LONG_WAIT_AT_GENERATOR = (
        "long-wait-at-generator"  # Where most of the time went: where it stopped.
    )
    CLOCKS_DIFFER = "clocks-differ"  # A step that took less than no time.
    SENDERS_CLOCK_DIFFERS = "senders-clock-differs"  # Likewise, on the way's first step.
    EXPIRED_OVER = "expired-over"  # Time ran out, and this is what stood in the way.
    GAVE_UP = "gave-up"  # Final, though the last answer was "not now".
    SENT_THROUGH = "sent-through"  # Who answered was chosen by who sends; only that one can tell.


class NoteMeaning(StrEnum):
    """What a note means in this case."""

    REFUSED_FOR_THIS = "refused-for-this"  # The reply gives it as its reason.
    MAY_HAVE_ADDED = "may-have-added"  # The reason may rest on it, among other things.
    NOT_THE_REASON = "not-the-reason"
    FORWARDING_BREAKS_SPF = "forwarding-breaks-spf"
    MEND_THE_FORWARDING = "mend-the-forwarding"
    REFUSER_MUST_ACT = "refuser-must-act"  # And not who wrote the report.
    PERHAPS_TIME_ZONE = "perhaps-time-zone"  # The clocks differ by whole half hours.


class Note(Struct, frozen=True):
    """Something worth knowing that the report does not say itself, with its evidence.

    The sentences are filled in with the parameters: servers, addresses, counts, spans of time.
    """

    id: NoteId
    parameters: Mapping[str, Parameter] = default_from(default_factory=dict)
    meaning: NoteMeaning | None = None


class NoteWords(Struct, frozen=True):
    """A note said in one language."""

    what: str
    because: str
