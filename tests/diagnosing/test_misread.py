"""Mails that were once read wrongly, or not at all; expected.toml says what each says."""

import tomllib
from pathlib import Path

import pytest

import whybounce

MAILS = Path(__file__).parent / "misread"
EXPECTED = tomllib.loads((MAILS / "expected.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", EXPECTED)
def test_a_mail_that_was_misread_says_what_the_table_says(name):
    """Who did not get it, why, whether it is final, and the code, if one stands there."""
    diagnosis = whybounce.diagnose((MAILS / f"{name}.eml").read_bytes())

    assert EXPECTED[name] == [
        {
            "recipient": outcome.recipient,
            "cause": explanation.cause,
            "permanent": explanation.permanent,
            **({"status": str(outcome.status)} if outcome.status else {}),
        }
        for outcome, explanation in zip(
            diagnosis.report.outcomes, diagnosis.explanations, strict=True
        )
    ]


def test_every_mail_is_in_the_table_and_every_row_has_its_mail():
    """The folder and the table agree."""
    assert set(EXPECTED) == {path.stem for path in MAILS.glob("*.eml")}
