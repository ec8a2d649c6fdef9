"""The tries at delivery that a report lists, as Exchange does below "Total retry attempts".

5/25/2018 8:11:10 AM - Server at mx.example.org (192.0.2.1) returned '450 4.4.312 DNS query failed …'
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice

from msgspec.structs import replace

from whybounce.notation import read_reply
from whybounce.reading.account import text_of
from whybounce.reading.mime import Message
from whybounce.vocabulary.outcome import Attempt
from whybounce.vocabulary.report import Report

_MOST_ATTEMPTS = 100
_RULE = "the tries that the text lists; their times, which name no zone, are taken for UTC"

_ATTEMPT = re.compile(
    r"""^[ \t]{0,8}(?P<time>\d{1,2}/\d{1,2}/\d{4}[ ]\d{1,2}:\d{2}:\d{2}[ ][AP]M)[ ]-[ ]
        (?:(?:Remote\ )?Server\ at\s{1,4}(?P<remote>[A-Za-z0-9_][A-Za-z0-9_.-]{0,253})\s{1,4}(?:\([^)\n]{0,60}\)\s{1,4})?
          |Remote\ Server\s{1,4})
        returned\s{1,4}'(?P<said>.{1,2000}?)'[ \t]*$""",
    re.MULTILINE | re.DOTALL | re.VERBOSE,
)


def with_attempts(report: Report, message: Message) -> Report:
    """Return the report with the tries that its text lists, where it is about one recipient."""
    if len(report.outcomes) != 1 or report.outcomes[0].attempts:
        return report
    for part in message.parts:
        if not part.content_type.startswith("text/") or not part.holds(b"M - "):
            continue  # Cheap: most reports list none.
        attempts = tuple(islice(_attempts(text_of(part)), _MOST_ATTEMPTS))
        if attempts:
            outcome = report.outcomes[0]
            inferred = {**outcome.inferred, "attempts": _RULE}
            return replace(
                report, outcomes=(replace(outcome, attempts=attempts, inferred=inferred),)
            )
    return report


def _attempts(text: str) -> Iterator[Attempt]:
    for found in _ATTEMPT.finditer(text):
        yield Attempt(_time(found["time"]), found["remote"], read_reply(found["said"]))


def _time(written: str) -> datetime | None:
    try:
        return datetime.strptime(written, "%m/%d/%Y %I:%M:%S %p").replace(tzinfo=UTC)
    except ValueError:
        return None
