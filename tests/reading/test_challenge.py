"""Challenges: the message waits until its sender proves to be a person."""

import pytest

from whybounce.reading.challenge import read
from whybounce.vocabulary.report import Kind

ASKS = "Reply to this message, and it will be delivered."


def mail(header, text):
    """Return a mail of Anna's with that header and text."""
    return f"From: Anna <anna@example.org>\nTo: chris@example.net\n{header}\n\n{text}\n"


@pytest.mark.parametrize(
    ("header", "text"),
    [
        ("X-TMDA-Fingerprint: 4v7", "Hello."),
        ("X-AskVersion: 2.5", ""),
        ("X-BoxTrapper: 4v7", "Hello."),
        ("Subject: Please confirm your message to anna@example.org", ASKS),
        ("Subject: Your e-mail requires verification", "To verify that you are a person, click on this fine link."),
        ("Subject: Please confirm your message", "Your message attached below is being held. To release it, use your mailer's Reply."),
        ("Subject: Re: Lunch (verification)", "I am protecting myself from receiving junk mail. Please click the link."),
        ("Subject: Re: Almoço", "Para que sua mensagem seja encaminhada, clique aqui: http://example.org/x"),
        ("Subject: Re: Lunch (Action Required)", "Your message was waitlisted. Please add yourself to my Guest List, with this link."),
        ("Subject: Re: Lunch\nAuto-Submitted: auto-replied", "Your message to anna@example.org is being held. Please confirm that you are a human being."),
        ("Subject: Re: Essen\nAuto-Submitted: auto-replied", "Bitte bestätigen Sie, dass Sie ein Mensch sind."),
        ("Subject: Message pending verification", "Your message is being held until you confirm it."),
    ],
)  # fmt: skip
def test_a_program_that_asks_for_proof_is_a_challenge(message, header, text):
    """By its own mark, or by subject and words together; who asks is who waits."""
    report = read(message(mail(header, text)))
    (outcome,) = report.outcomes

    assert (report.kind, report.form) == (Kind.CHALLENGE, "challenge")
    assert (outcome.recipient, list(outcome.inferred)) == ("anna@example.org", ["recipient"])


@pytest.mark.parametrize(
    ("header", "text"),
    [
        ("Subject: Please confirm your message to anna@example.org", "Will you come on Monday?"),
        ("Subject: Lunch", ASKS),
        ("Subject: Lunch", "Noon?"),
        ("From: Mailer-Daemon@example.org\nX-TMDA-Fingerprint: 4v7\nSubject: Undeliverable: x", ASKS),
    ],
    ids=["the subject alone", "the words alone", "neither", "a mail system's report"],
)  # fmt: skip
def test_half_of_it_is_no_challenge(message, header, text):
    """People ask for confirmation, too."""
    assert read(message(mail(header, text))) is None
