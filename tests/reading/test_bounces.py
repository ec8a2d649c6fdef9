"""Whole mails, one for each form and structure that bounces have; expected.toml says what each says."""

import tomllib
from pathlib import Path

import pytest

from whybounce.reading import read

BOUNCES = Path(__file__).parent / "bounces"
EXPECTED = tomllib.loads((BOUNCES / "expected.toml").read_text(encoding="utf-8"))
LINE_ENDS = {"lf": b"\n", "crlf": b"\r\n", "cr": b"\r"}

ALWAYS_COMPARED = {"recipient", "original-recipient", "action", "status", "code", "inferred"}


@pytest.mark.parametrize("line_end", LINE_ENDS.values(), ids=LINE_ENDS)
@pytest.mark.parametrize("name", EXPECTED)
def test_a_bounce_reads_as_the_table_says(name, line_end):
    """Kind, form and servers; every recipient, what was said about it, and nothing invented."""
    report = read(mail(name, line_end))
    expected = EXPECTED[name]

    assert expected == found_in(report, expected)


@pytest.mark.parametrize("line_end", [b"\r\n", b"\r"], ids=["crlf", "cr"])
@pytest.mark.parametrize("name", EXPECTED)
def test_a_line_end_changes_nothing(name, line_end):
    """Every field of the report, to the last date and defect."""
    assert read(mail(name, b"\n")) == read(mail(name, line_end))


def test_every_mail_is_in_the_table_and_every_row_has_its_mail():
    """The folder and the table agree."""
    assert set(EXPECTED) == {path.stem for path in BOUNCES.glob("*.eml")}


def mail(name, line_end):
    """Return the mail with that line end."""
    return (BOUNCES / f"{name}.eml").read_bytes().replace(b"\r\n", b"\n").replace(b"\n", line_end)


def found_in(report, expected):
    """Return what the report says, in the table's form and as far as the table asks."""
    facts = {
        "kind": str(report.kind),
        "form": report.form,
        "generator": report.generator,
        "envelope-id": report.envelope_id,
        "language": report.language,
        "defects": [defect.what for defect in report.defects],
        "original": {
            key: getattr(report.original, key.replace("-", "_"), None)
            for key in expected.get("original", {})
        },
    }
    wanted = expected.get("outcomes", [])
    rows = wanted + [{}] * (len(report.outcomes) - len(wanted))
    found = {key: facts[key] for key in expected if key in facts}
    outcomes = [said_of(outcome, row) for outcome, row in zip(report.outcomes, rows, strict=False)]
    return found | ({"outcomes": outcomes} if outcomes else {})


def said_of(outcome, row):
    """Return what the report says of one recipient."""
    reply, innermost = outcome.reply, outcome.reply.innermost if outcome.reply else None
    facts = {
        "recipient": outcome.recipient,
        "original-recipient": outcome.original_recipient,
        "action": str(outcome.action) if outcome.action else None,
        "status": str(outcome.status) if outcome.status else None,
        "code": reply.code if reply else None,
        "says": part_of(reply, row.get("says", "")),
        "inner": part_of(innermost, row.get("inner", "")),
        "command": outcome.command,
        "remote": outcome.remote,
        "rejected-by": outcome.rejected_by,
        "reply-from": outcome.reply_from,
        "will-retry-until": outcome.will_retry_until and outcome.will_retry_until.isoformat(),
        "inferred": sorted(outcome.inferred) or None,
    }
    found = {
        key: value
        for key, value in facts.items()
        if value is not None and key in ALWAYS_COMPARED | set(row)
    }
    unsaid = [key for key in row.get("unsaid", []) if facts[key] is None]
    return found | ({"unsaid": unsaid} if unsaid else {})


def part_of(reply, words):
    """Return the words where the reply holds them, else the reply: it will not compare equal."""
    if reply is None:
        return None
    return words if words and words in str(reply) else str(reply)
