"""Addresses to stop mailing."""

import io
import json

import pytest

from whybounce.catalogue import catalogue
from whybounce.cli.answering import Answerer, Asked
from whybounce.cli.answers import FORMS
from whybounce.sources import Mail
from whybounce.wording import Speaker

COMPLAINT = """\
From: feedback@example.com
Content-Type: multipart/report; report-type=feedback-report; boundary=x

--x
Content-Type: message/feedback-report

Feedback-Type: {kind}
Original-Rcpt-To: {recipient}

--x--
"""


def listed(form: str, *mails: str) -> bytes:
    """Return what is written for the mails."""
    file = io.BytesIO()
    sink = FORMS[form].sink(file, Speaker(catalogue()))
    answerer = Answerer(Asked(form))
    for mail in mails:
        sink.write(answerer.answer(Mail("a.eml", mail.encode("utf-8", "surrogatepass"))).part)
    sink.close()
    return file.getvalue()


@pytest.mark.parametrize(("kind", "count"), [("abuse", 1), ("not-spam", 0)])
def test_complaints_are_listed_unless_they_take_one_back(kind, count):
    """The recipient wants no more mail; or wants it after all."""
    mail = COMPLAINT.format(kind=kind, recipient="anna@example.org")

    assert len(listed("suppress", mail).splitlines()) == count


def test_no_address_can_write_a_line_of_its_own():
    """One line is one address, whatever stands in it."""
    lines = listed("suppress", COMPLAINT.format(kind="abuse", recipient="a\x0b\x85b@example.org"))

    assert lines.count(b"\n") <= 1
    assert lines.count(b"\t") <= 1


def test_half_a_character_stops_nothing():
    """It is written as a question mark, in both forms."""
    mail = COMPLAINT.format(kind="abuse", recipient="a+2AA-b@example.org").replace(
        "message/feedback-report", "message/feedback-report; charset=utf-7"
    )
    rows = [json.loads(line) for line in listed("suppress-json", mail).splitlines()]

    assert [row["address"] for row in rows] in (["a?b@example.org"], ["a+2AA-b@example.org"])
    assert listed("suppress", mail).count(b"\n") == 1
