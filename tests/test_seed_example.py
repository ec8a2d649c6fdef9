"""The worked example that Whybounce was created from, told by its facts.

alpineskihouse.com could not hand a message for ronald@contoso.com to mail.contoso.com, which wants
a sign-in and so refuses anonymous mail. alpineskihouse.com wrote the report; mail.contoso.com
refused; contoso.com's administrators must act.
"""

from pathlib import Path

import pytest

import whybounce
from whybounce.vocabulary.cause import Again
from whybounce.vocabulary.explanation import Confidence
from whybounce.vocabulary.fix_it_owner import FixItOwner
from whybounce.vocabulary.note import NoteId, NoteMeaning

EXAMPLES = Path(__file__).parent.parent / "docs" / "examples"
PASTED = (EXAMPLES / "undeliverable.txt").read_text(encoding="utf-8")
MAIL = (EXAMPLES / "undeliverable.eml").read_bytes()
BLOCK = PASTED[PASTED.index("Diagnostic information") :]

STATUS_REPORT = b"""\
From: postmaster@alpineskihouse.com
To: chris@alpineskihouse.com
Subject: Undeliverable: Lunch on Friday
Content-Type: multipart/report; report-type=delivery-status; boundary=x

--x
Content-Type: message/delivery-status

Reporting-MTA: dns; alpineskihouse.com

Final-Recipient: rfc822; ronald@contoso.com
Action: failed
Status: 5.7.1
Remote-MTA: dns; mail.contoso.com
Diagnostic-Code: smtp;530 5.7.1 Client was not authenticated
--x--
"""

FORMS = pytest.mark.parametrize(
    "bounce",
    [PASTED, BLOCK, "> " + PASTED.rstrip().replace("\n", "\n> "), MAIL, STATUS_REPORT],
    ids=["pasted", "admin-block", "quoted", "mail", "delivery-status"],
)


@FORMS
def test_who_reports_who_refused_and_whom_it_concerns(bounce):
    """Two servers, and they are not confused."""
    report = whybounce.diagnose(bounce).report

    assert report.generator == "alpineskihouse.com"
    assert [
        (outcome.recipient, outcome.remote, outcome.rejected_by, str(outcome.reply))
        for outcome in report.outcomes
    ] == [
        (
            "ronald@contoso.com",
            "mail.contoso.com",
            "mail.contoso.com",
            "530 5.7.1 Client was not authenticated",
        )
    ]


@FORMS
def test_the_recipients_administrators_must_act_and_the_words_say_so(bounce):
    """Not the sender, not the sender's administrators, and not by sending again."""
    explanation = whybounce.diagnose(bounce).explanations[0]
    words = whybounce.words(explanation)

    assert explanation.cause == "client-not-authenticated"
    assert FixItOwner.RECIPIENT_ADMIN is explanation.owner
    assert Confidence.CERTAIN is explanation.confidence
    assert explanation.permanent is True
    assert Again.AFTER_FIXING is explanation.again
    assert words.owner == "the recipient's mail administrator"
    assert "was refused by mail.contoso.com" in words.what
    assert "only from computers that have signed in" in words.what


@FORMS
def test_the_server_that_wrote_the_report_is_not_blamed(bounce):
    """The reader sees one name on the report and needs the other."""
    note = whybounce.diagnose(bounce).notes[0]
    said = whybounce.note_words(note)

    assert note.id is NoteId.REFUSED_ELSEWHERE
    assert note.meaning is NoteMeaning.REFUSER_MUST_ACT
    assert "alpineskihouse.com only wrote this report" in said.what
    assert "first to act is whoever runs mail.contoso.com" in said.what


def test_explain_answers_for_the_pasted_words_too():
    """Whatever piece of it somebody copies."""
    line = next(line for line in PASTED.splitlines() if "#SMTP#" in line)

    for text in (PASTED, BLOCK, line, f"ronald@contoso.com\n{line}"):
        explanation = whybounce.explain(text)
        assert explanation.cause == "client-not-authenticated"
        assert explanation.parameters["remote"] == "mail.contoso.com"


def test_the_mail_and_the_pasted_text_say_the_same():
    """The two files of the example are one bounce, and lead to one answer."""
    mail, text = whybounce.diagnose(MAIL), whybounce.diagnose(PASTED)

    assert MAIL.decode().partition("\n\n")[2] == PASTED
    assert mail.explanations == text.explanations
    assert mail.notes == text.notes
    assert mail.report.hops == text.report.hops
    assert mail.report.original == text.report.original
    assert mail.report.hops[0].relay_seconds == 2.0
