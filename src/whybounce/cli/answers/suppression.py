"""The addresses that nobody should mail any more, and why: only where the cause says so.

The address is the one the mail was sent to, where that is known: it is what stands in a list, and
a mailbox it is forwarded to does not. Each address comes once, with the first bounce that says it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

import msgspec

from whybounce.cli.answers.storable import storable
from whybounce.sources import Mail
from whybounce.vocabulary.cause import Suppress
from whybounce.vocabulary.report import Diagnosis
from whybounce.wire import SCHEMA
from whybounce.wire.times import timestamp
from whybounce.wording import Speaker, printable


@dataclass(frozen=True, slots=True)
class Suppression:
    """One address that one bounce says should not be mailed any more."""

    address: str
    recipient: str | None  # Whom the report names: another, where mail is forwarded.
    cause: str
    title: str
    since: datetime | None  # When it was refused; else when the bounce was written.
    source: str


def suppressions(mail: Mail, diagnosis: Diagnosis, speaker: Speaker) -> list[Suppression]:
    """Return the addresses that the mail says should not be mailed any more."""
    report = diagnosis.report
    return [
        Suppression(
            address=storable(address),
            recipient=outcome.recipient and storable(outcome.recipient),
            cause=why.cause,
            title=speaker.cause_words(why.cause).title,
            since=outcome.last_attempt or report.date or report.arrival_date,
            source=mail.source,
        )
        for outcome, why in zip(report.outcomes, diagnosis.explanations, strict=True)
        if why.suppress is Suppress.ADDRESS
        and (address := outcome.original_recipient or outcome.recipient)
    ]


class Rows:
    """A line for each address: the address, a tab, and the cause's title."""

    def __init__(self, file: BinaryIO, _: Speaker) -> None:
        self._file = file
        self._seen: set[str] = set()

    def write(self, part: list[Suppression], /) -> None:
        """Write the addresses that are new."""
        for one in part:
            if (folded := one.address.casefold()) not in self._seen:
                self._seen.add(folded)
                self._file.write(self._line(one))

    def close(self) -> None:
        """Write out what is held back."""
        self._file.flush()

    def _line(self, one: Suppression) -> bytes:
        return f"{printable(one.address)}\t{one.title}\n".encode("utf-8", "replace")


class JsonLines(Rows):
    """A JSON object for each address."""

    def _line(self, one: Suppression) -> bytes:
        return (
            msgspec.json.encode(
                {
                    "schema": SCHEMA,
                    "address": one.address,
                    "recipient": one.recipient,
                    "cause": one.cause,
                    "title": one.title,
                    "since": timestamp(one.since),
                    "source": one.source,
                }
            )
            + b"\n"
        )
