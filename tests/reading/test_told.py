"""A mail's own words tell who did not get it, and what is said about each."""

import pytest

from whybounce.reading.told import _DELAYED, _DELAYING, Telling, told_by

HEADER = "From: Mail System <mailer-daemon@a.example>\nTo: chris@example.net\nSubject: x\n\n"


def test_the_first_text_that_names_somebody_is_the_account(message):
    """An empty or silent plain text does not hide what the page beside it says."""
    mail = message(
        "From: mailer-daemon@a.example\nContent-Type: multipart/alternative; boundary=b\n\n"
        "--b\n\nSorry!\n--b\nContent-Type: text/html\n\n<p>anna@example.org:<br>550 5.1.1 no</p>\n--b--\n"
    )
    _, _, outcomes = told_by(mail)

    assert [(outcome.recipient, str(outcome.reply)) for outcome in outcomes] == [
        ("anna@example.org", "550 5.1.1 no")
    ]


def test_a_mail_that_names_nobody_tells_nothing(message):
    """None, not an outcome about nobody."""
    assert told_by(message(f"{HEADER}Sorry!\n")) is None


@pytest.mark.parametrize("field", ["To", "Delivered-To", "Reply-To", "Errors-To", "Sender", "From"])
def test_who_writes_and_who_reads_the_report_has_not_failed(message, field):
    """Their addresses stand in the text as well."""
    mail = message(f"{field}: Chris <chris@example.net>\n\nchris@example.net:\n550 5.1.1 no\n")

    assert told_by(mail) is None


def test_a_reply_above_the_address_counts_where_nothing_stands_below(message):
    """Some give the reason first."""
    mail = message(f"{HEADER}The reason was this:\n550 5.7.1 no entry\n\nanna@example.org\n")
    _, _, (outcome,) = told_by(mail)

    assert str(outcome.reply) == "550 5.7.1 no entry"


def test_words_without_numbers_are_what_was_said_too(message):
    """No code is made up for them."""
    _, _, (outcome,) = told_by(message(f"{HEADER}anna@example.org:\nNobody of that name.\n"))

    assert str(outcome.reply) == "Nobody of that name."
    assert (outcome.reply.code, outcome.reply.status, outcome.status) == (None, None, None)


def test_nothing_is_said_where_only_an_address_stands(message):
    """The outcome has a recipient and no reply."""
    _, _, (outcome,) = told_by(message(f"{HEADER}anna@example.org\n"))

    assert (outcome.recipient, outcome.reply) == ("anna@example.org", None)


def test_what_stands_on_an_addresss_own_lines_is_about_it(message):
    """In whatever case it is written."""
    mail = message(f"{HEADER}Anna@Example.org:\n552 5.2.2 full\n\nben@example.org:\n550 no\n")

    assert str(Telling(mail).about("anna@example.org", alone=False).reply) == "552 5.2.2 full"


def test_what_is_said_to_every_reader_counts_only_as_a_reply_about_the_only_one(message):
    """A greeting is no reason; a reply elsewhere in the text is one, if nobody else is meant."""
    greeting = message(f"{HEADER}Something went wrong.\n\n(anna@example.org)\n")
    reply = message(f"{HEADER}550 5.7.1 no entry\n\n(anna@example.org)\n")

    assert Telling(greeting).about("anna@example.org", alone=True) is None
    assert Telling(reply).about("anna@example.org", alone=False) is None
    assert str(Telling(reply).about("anna@example.org", alone=True).reply) == "550 5.7.1 no entry"


def test_about_an_address_that_stands_nowhere_nothing_is_said(message):
    """Even if it is the only one the report is about."""
    mail = message(f"{HEADER}ben@example.org:\n550 no\n")

    assert Telling(mail).about("anna@example.org", alone=True) is None


def test_a_transcript_answers_for_each_address_on_its_own_line(message):
    """Old Sendmails name whom they could not reach first, and why for all of them below."""
    mail = message(
        f"{HEADER}   ----- The following addresses had delivery problems -----\n"
        "<anna@example.org>  (unrecoverable error)\n<bert@example.com>  (unrecoverable error)\n"
        "<carl@example.org>  (unrecoverable error)\n\n   ----- Transcript of session follows -----\n"
        "550 <anna@example.org>... User unknown\n550 <bert@example.com>... Host unknown\n"
        "<<< 552 no room left\n554 <carl@example.org>... Service unavailable\n"
    )
    _, _, outcomes = told_by(mail)

    assert [(outcome.recipient, str(outcome.reply)) for outcome in outcomes] == [
        ("anna@example.org", "550 <anna@example.org>... User unknown"),
        ("bert@example.com", "550 <bert@example.com>... Host unknown"),
        ("carl@example.org", "552 no room left"),
    ]


def test_a_name_of_notes_is_a_recipient_with_its_blanks(message):
    """Domino names people by their place in the organisation, without an Internet domain."""
    mail = message(
        f"{HEADER}Your message\n\n  Subject: Roof\n\nwas not delivered to:\n\n"
        "  Anna van Berg/Sales/Example@EXAMPLE\n\nbecause:\n\n"
        "  User Anna van Berg/Sales/Example@EXAMPLE not listed in Domino Directory\n"
    )
    _, _, (outcome,) = told_by(mail)

    assert outcome.recipient == "Anna van Berg/Sales/Example@EXAMPLE"
    assert "not listed in Domino Directory" in str(outcome.reply)


@pytest.mark.parametrize("phrase", _DELAYED)
def test_every_phrase_of_a_delay_has_a_piece_that_is_looked_for_first(phrase):
    """A phrase without one would never be found."""
    assert any(piece in phrase for piece in _DELAYING)


@pytest.mark.parametrize("piece", _DELAYING)
def test_no_piece_of_a_delay_is_looked_for_in_vain(piece):
    """Each belongs to a phrase."""
    assert any(piece in phrase for phrase in _DELAYED)
