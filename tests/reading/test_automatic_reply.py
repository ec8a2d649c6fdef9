"""Automatic replies: the message arrived, and a program answered for its reader."""

import pytest

from whybounce.reading.automatic_reply import read
from whybounce.vocabulary.report import Kind

MAIL = (
    "From: Anna <anna@example.org>\nTo: chris@example.net\nSubject: {}\n"
    "Date: Sun, 1 Nov 2026 10:00:00 +0000\nContent-Language: en\n\nI am away\nuntil Monday.\n"
)


def test_who_answers_is_who_got_it(message):
    """That is inferred, and said to be; the words are on one line."""
    report = read(message(MAIL.format("Automatic reply: Lunch")))
    (outcome,) = report.outcomes

    assert (report.kind, report.form, report.language) == (Kind.AUTO_REPLY, "rfc3834", "en")
    assert (outcome.recipient, str(outcome.reply)) == (
        "anna@example.org",
        "I am away until Monday.",
    )
    assert "recipient" in outcome.inferred
    assert (outcome.action, outcome.status, outcome.rejected_by) == (None, None, None)


@pytest.mark.parametrize(
    "mail",
    [MAIL.format("Re: Lunch"), MAIL.format("Automatic reply: x").replace("Anna", "Mailer-Daemon")],
    ids=["a person answers", "a mail system answers"],
)
def test_what_a_person_or_a_mail_system_wrote_is_not_mine(message, mail):
    """Some mail systems mark their reports as replies."""
    assert read(message(mail)) is None


def test_a_reply_without_words_or_writer_is_one_all_the_same(message):
    """What is not there stays absent."""
    report = read(message("Auto-Submitted: auto-replied\nSubject: x\n\n\n"))

    assert (report.kind, report.outcomes) == (Kind.AUTO_REPLY, ())


def test_a_long_answer_is_bounded(message):
    """A signature of a megabyte is not why somebody is away."""
    report = read(message(MAIL.format("Out of office") + "a " * 20_000))

    assert len(report.outcomes[0].reply.text) == 2_000


@pytest.mark.parametrize(
    "subject",
    [
        "Odpowiedz automatyczna: oferta",
        "Automatic reply: Undeliverable: Lunch",
        "Reponse automatique : offre",
        "Respuesta automatica: oferta",
        "Automaticka odpoved: nabidka",
    ],
)
def test_an_automatic_reply_is_known_by_its_subject(message, subject):
    """Some programs write it in ASCII; some answer a report of failure."""
    assert read(message(MAIL.format(subject))).kind is Kind.AUTO_REPLY
