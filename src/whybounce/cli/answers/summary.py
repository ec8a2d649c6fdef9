"""A summary of many mails: how many, by cause, by who must act, by the recipients' domains."""

from collections import Counter
from dataclasses import dataclass
from typing import Any, BinaryIO

import msgspec

from whybounce.cli.answers.storable import storable
from whybounce.sources import Mail
from whybounce.vocabulary.fix_it_owner import FixItOwner
from whybounce.vocabulary.report import Diagnosis, Kind
from whybounce.wire import SCHEMA
from whybounce.wording import Speaker

_TOP_DOMAINS = 20
_MOST_DOMAINS = 100_000  # Strangers choose them; above this, those seen least are forgotten.


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What is counted of one outcome."""

    cause: str
    owner: FixItOwner
    permanent: bool | None
    domain: str | None


@dataclass(frozen=True, slots=True)
class Tally:
    """What is counted of one mail."""

    kind: Kind
    unread: bool
    outcomes: tuple[Outcomes, ...]


def tally(mail: Mail, diagnosis: Diagnosis, _: Speaker) -> Tally:
    """Return what is counted of the mail."""
    report = diagnosis.report
    pairs = zip(report.outcomes, diagnosis.explanations, strict=True)
    return Tally(
        kind=report.kind,
        unread=mail.raw is None or (report.kind is Kind.NOT_A_REPORT and not report.outcomes),
        outcomes=tuple(
            Outcomes(why.cause, why.owner, why.permanent, _domain(outcome.recipient))
            for outcome, why in pairs
        ),
    )


class Counts:
    """The sum of all tallies; its size does not depend on how many there are."""

    def __init__(self) -> None:
        self.mails = self.unread = self.recipients = 0
        self.permanent = self.temporary = self.not_said = 0
        self.kinds: Counter[Kind] = Counter()
        self.causes: Counter[str] = Counter()
        self.owners: Counter[FixItOwner] = Counter()
        self.domains: Counter[str] = Counter()

    def add(self, one: Tally) -> None:
        """Count one mail."""
        self.mails += 1
        self.unread += one.unread
        self.kinds[one.kind] += 1
        for outcome in one.outcomes:
            self.recipients += 1
            self.permanent += outcome.permanent is True
            self.temporary += outcome.permanent is False
            self.not_said += outcome.permanent is None
            self.causes[outcome.cause] += 1
            self.owners[outcome.owner] += 1
            if outcome.domain:
                self.domains[outcome.domain] += 1
        if len(self.domains) > _MOST_DOMAINS:
            self.domains = Counter(dict(self.domains.most_common(_MOST_DOMAINS // 2)))

    @property
    def complaints(self) -> int:
        """Return how many mails say that somebody pressed "this is spam"."""
        return self.kinds[Kind.COMPLAINT]


class JsonObject:
    """The summary as one JSON object."""

    def __init__(self, file: BinaryIO, speaker: Speaker) -> None:
        self._file = file
        self._speaker = speaker
        self._counts = Counts()

    def write(self, part: Tally, /) -> None:
        """Count one mail."""
        self._counts.add(part)

    def close(self) -> None:
        """Write the object."""
        self._file.write(msgspec.json.encode(self._as_dict()) + b"\n")
        self._file.flush()

    def _as_dict(self) -> dict[str, Any]:
        counts = self._counts
        return {
            "schema": SCHEMA,
            "mails": counts.mails,
            "unread": counts.unread,
            "complaints": counts.complaints,
            "recipients": counts.recipients,
            "permanent": counts.permanent,
            "temporary": counts.temporary,
            "not_said": counts.not_said,
            "kinds": [
                {"kind": kind.value, "count": count} for kind, count in counts.kinds.most_common()
            ],
            "causes": [
                {"cause": cause, "title": self._speaker.cause_words(cause).title, "count": count}
                for cause, count in counts.causes.most_common()
            ],
            "owners": [
                {"owner": owner.value, "count": count}
                for owner, count in counts.owners.most_common()
            ],
            "domains": [
                {"domain": domain, "count": count}
                for domain, count in counts.domains.most_common(_TOP_DOMAINS)
            ],
        }


class Page:
    """The summary for a person, with bars."""

    def __init__(self, _: BinaryIO, speaker: Speaker) -> None:
        self._speaker = speaker
        self._counts = Counts()

    def write(self, part: Tally, /) -> None:
        """Count one mail."""
        self._counts.add(part)

    def close(self) -> None:
        """Show the page."""
        from whybounce.cli.page import console, print_bars, print_numbers  # noqa: PLC0415  # rich is 40 ms

        counts, say, page = self._counts, self._speaker.heading, console()
        print_numbers([(say(f"summary.{name}"), getattr(counts, name)) for name in _NUMBERS], page)
        print_bars(say("summary.causes"), self._causes(), self._speaker, page)
        owners = counts.owners.most_common()
        roles = [(self._speaker.role(owner), count) for owner, count in owners]
        print_bars(say("owner"), roles, self._speaker, page)
        domains = counts.domains.most_common(_TOP_DOMAINS)
        print_bars(say("summary.domains"), domains, self._speaker, page)

    def _causes(self) -> list[tuple[str, int]]:
        words = self._speaker.cause_words
        return [(words(cause).title, count) for cause, count in self._counts.causes.most_common()]


_NUMBERS = ("mails", "unread", "complaints", "recipients", "permanent", "temporary", "not_said")


def _domain(recipient: str | None) -> str | None:
    _, at, domain = (recipient or "").rpartition("@")
    return storable(domain.lower()[:255]) if at and domain else None
