"""Everything one delivery report says."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from whybounce.vocabulary.explanation import Explanation
from whybounce.vocabulary.finding import Finding
from whybounce.vocabulary.note import Note
from whybounce.vocabulary.outcome import Outcome


class Kind(StrEnum):
    """What a message is about delivery: the gravest action it reports."""

    FAILURE = "failure"
    DELAY = "delay"
    SUCCESS = "success"
    RELAYED = "relayed"
    EXPANDED = "expanded"
    COMPLAINT = "complaint"
    AUTO_REPLY = "auto-reply"
    CHALLENGE = "challenge"
    READ_RECEIPT = "read-receipt"
    NOT_A_REPORT = "not-a-report"


class Hop(Struct, frozen=True):
    """One Received step, RFC 5321 §4.4."""

    from_: str | None
    by: str | None
    protocol: str | None
    time: datetime | None  # UTC.
    relay_seconds: float | None = None  # Since the step before; negative where clocks differ.


class Defect(Struct, frozen=True):
    """Something that could not be used, and where it stands."""

    where: str
    what: str


class Original(Struct, frozen=True):
    """The header of the message that was not delivered."""

    message_id: str | None = None
    from_: str | None = None
    to: str | None = None
    subject: str | None = None
    date: datetime | None = None
    sender: str | None = None
    received_spf: str | None = None
    authentication_results: str | None = None
    headers: tuple[tuple[str, str], ...] = ()


class Report(Struct, frozen=True):
    """Everything one delivery report says. Reading makes one, writing consumes one."""

    kind: Kind = Kind.NOT_A_REPORT
    form: str | None = None  # The form of bounce that was recognised: "rfc3464", "qmail" …
    generator: str | None = None  # The server that made the report.
    from_: str | None = None  # Whom the report itself says it is from.
    first_hop: Hop | None = None  # Its own oldest Received step, where no generator is named.
    date: datetime | None = None
    arrival_date: datetime | None = None
    envelope_id: str | None = None  # ENVID, RFC 3461 §4.4.
    received_from: str | None = None  # The server that handed the original to the generator.
    language: str | None = None
    feedback_type: str | None = None  # What a complaint says it is, RFC 5965 §7.3: "abuse" …
    outcomes: tuple[Outcome, ...] = ()
    original: Original | None = None
    hops: tuple[Hop, ...] = ()  # The original's steps, oldest first.
    defects: tuple[Defect, ...] = ()


class Diagnosis(Struct, frozen=True):
    """A report with its explanations, one for each outcome, in the same order."""

    report: Report
    explanations: tuple[Explanation, ...]
    notes: tuple[Note, ...] = ()
    findings: tuple[Finding, ...] = ()
