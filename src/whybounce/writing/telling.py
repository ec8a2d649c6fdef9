"""Who tells, to whom, about what: what every part of the page needs to know."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from whybounce.notation import decoded_words, first_field
from whybounce.vocabulary.notice import NoticeSettings
from whybounce.vocabulary.report import Diagnosis, Kind, Original, Report
from whybounce.wording.filling import printable
from whybounce.wording.moments import in_zone, moment
from whybounce.wording.notice import NoticeSpeaker
from whybounce.writing.grouping import Group, kind_of
from whybounce.writing.page import ROOMS, Names, Room

_OFFSET = re.compile(r"([+-])(\d\d)([0-5]\d)\s*(?:\(|$)")


@dataclass(frozen=True, slots=True)
class Telling:
    """One notice in the making."""

    speaker: NoticeSpeaker
    settings: NoticeSettings
    diagnosis: Diagnosis
    groups: tuple[Group, ...]  # Its recipients, the gravest action first.
    generator: str
    sender: str  # Whom the notice goes to.
    date: datetime  # The notice's own.
    zone: tzinfo  # The sender's, as far as the original's Date shows it.
    size: int | None  # Octets of the original, where it is at hand.
    attached: bool  # Whether the original or its header goes along.
    room: Room = ROOMS[0]

    @property
    def report(self) -> Report:
        """What is told about."""
        return self.diagnosis.report

    @property
    def kind(self) -> Kind:
        """What the notice is about: the gravest action."""
        return kind_of(self.groups)

    @property
    def host(self) -> str:
        """The host that writes the notice: the generator, or who rewrites its report."""
        return self.settings.rewriting.by if self.settings.rewriting else self.generator

    @property
    def organisation(self) -> str:
        """Who writes the notice, as its people call it."""
        return self.settings.organisation or self.host

    @property
    def operator(self) -> str:
        """Who runs the system that reports."""
        return self.generator if self.settings.rewriting else self.organisation

    def clean(self, value: str) -> str:
        """Return a stranger's words without control characters, and no longer than there is room."""
        harmless = value.isascii() and value.isprintable()
        return shortened(value if harmless else printable(value), self.room.value)

    def names(self, addresses: Iterable[str]) -> Names:
        """Return as many addresses as there is room for, and how many others there are."""
        known = list(dict.fromkeys(addresses))
        shown = tuple(map(self.clean, known[: self.room.recipients]))
        left = len(known) - len(shown)
        more = self.speaker.say("more.attached", count=str(left)) if left else ""
        return Names(shown, more)

    def joined(self, names: Iterable[str]) -> str:
        """Return the names as one phrase."""
        return self.speaker.joined(map(self.clean, names))

    def local(self, time: datetime) -> str:
        """Return the time as the sender's clock shows it."""
        return moment(in_zone(time, self.zone))


def shortened(text: str, most: int) -> str:
    """Return the text, cut with a mark where it is longer than so many characters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def zone_of(original: Original | None) -> tzinfo:
    """Return the zone that the original's Date is written in; UTC where it does not say."""
    written = first_field(original.headers, "date") if original else None
    match = _OFFSET.search((written or "").strip()[:200])
    if match is None:
        return UTC
    minutes = int(match[2]) * 60 + int(match[3])
    if minutes >= 24 * 60:
        return UTC
    return timezone(timedelta(minutes=minutes if match[1] == "+" else -minutes))


def subject_of(original: Original | None) -> str:
    """Return the original's subject as people read it; empty where it has none."""
    return printable(decoded_words(original.subject or "")).strip() if original else ""
