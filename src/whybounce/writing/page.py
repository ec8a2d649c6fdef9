"""What can stand on a notice's page: sentences and facts, no markup.

Text and HTML are made of the same Page, so neither knows what the other does not. What strangers
wrote has lost its control characters before it comes here, and is bounded by a Room.
"""

from dataclasses import dataclass
from enum import StrEnum

from whybounce.vocabulary.note import NoteWords
from whybounce.wording.passages import Passage


@dataclass(frozen=True, slots=True)
class Room:
    """How much there is of everything that a stranger can make long."""

    causes: int  # Told in full; further ones get a line.
    recipients: int  # Named for each cause.
    quotes: int  # Different replies, for each cause.
    reply: int  # Characters of a reply.
    value: int  # Characters of an address, a host, a name.
    attempts: int
    notes: int
    hops: int
    headers: int  # Characters of the original's header.


# The first that fits is taken; the last fits whatever the report holds.
ROOMS = (
    Room(8, 50, 8, 1_200, 320, 12, 20, 30, 4_096),
    Room(4, 20, 4, 600, 320, 6, 10, 16, 2_048),
    Room(2, 10, 2, 400, 160, 3, 5, 8, 1_024),
    Room(1, 5, 1, 200, 80, 2, 3, 4, 512),
)


class CellState(StrEnum):
    """What one of the three parties has to do."""

    ACTS = "acts"
    HELPS = "helps"
    IDLE = "idle"


@dataclass(frozen=True, slots=True)
class Cell:
    """One of the three parties of a mail: sender, the reporting system, recipient."""

    party: str
    who: str
    state: CellState
    words: str


@dataclass(frozen=True, slots=True)
class Names:
    """Addresses, as many as there is room for, and the words that count the others."""

    shown: tuple[str, ...]
    more: str = ""


# A sentence of advice, its commands apart: they stand on lines of their own.
Sentence = tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Advice:
    """What one role can do, the most probable first."""

    heading: str
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """A server's own words, with whose they are."""

    lead: str
    words: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and what stands beside it."""

    label: str
    value: str
    is_link: bool = False


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One try at delivery."""

    time: str
    server: str
    said: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is said about recipients who did not get it, for one cause."""

    language: str  # Of the cause's own words: title, what, steps, tell.
    title: str
    title_language: str  # The page's, where the title only says that a code is ambiguous.
    heading: str  # Above the recipients' addresses.
    recipients: Names
    cells: tuple[Cell, ...]  # One of them acts; empty where nobody needs to …
    nobody: str  # … and this says so.
    what: Sentence
    quotes: tuple[Quote, ...]
    again: str
    steps: tuple[Sentence, ...]  # The sender's.
    recipients_steps: Advice | None  # Where the recipient must act.
    tell: Sentence
    facts: tuple[Fact, ...]
    because: str
    readings: tuple[str, ...]
    attempts: tuple[AttemptRow, ...]
    admins_steps: tuple[Advice, ...]


@dataclass(frozen=True, slots=True)
class Further:
    """A cause that there is no room to tell about in full."""

    title: str
    language: str
    who: str
    recipients: Names


@dataclass(frozen=True, slots=True)
class Settled:
    """Recipients who need no more thought: delivered, or passed on."""

    action: str
    became: str
    recipients: Names
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class HopRow:
    """One step of the message's way."""

    step: str
    way: str
    protocol: str
    time: str
    took: str
    mark: str  # "longest wait", or empty.


@dataclass(frozen=True, slots=True)
class Page:
    """Everything, in the order in which it is read. What there is nothing of is empty."""

    language: str
    direction: str
    subject: str
    mark: str
    headline: str
    message: str
    lead: str
    warning: str
    troubles: tuple[Trouble, ...]
    further: tuple[Further, ...]
    further_more: str
    settled_heading: str
    settled: tuple[Settled, ...]
    notes: tuple[NoteWords, ...]
    findings: tuple[Fact, ...]
    hops: tuple[HopRow, ...]
    hop_sentences: tuple[str, ...]
    details: tuple[Fact, ...]
    headers: tuple[str, ...]
    headers_note: str
    reported: str
    contact: str
