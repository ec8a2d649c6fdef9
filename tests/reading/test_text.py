"""Bounces without a machine part are read from their words."""

from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from whybounce.reading.mime import parse_message
from whybounce.reading.text import read
from whybounce.vocabulary.outcome import Action
from whybounce.vocabulary.report import Kind

BOUNCES = Path(__file__).parent / "bounces"
RETURNED_BELOW = {
    "qmail": b"--- Below this line is a copy of the message.\n",
    "exim-two-recipients": b"------ This is a copy of the message, including all the headers. ------\n",
    "sendmail-transcript": b"   ----- Original message follows -----\n",
    "postfix-without-mime": b"------ Original message follows ------\n",
}
PROSE = {name: (BOUNCES / f"{name}.eml").read_bytes() for name in RETURNED_BELOW}


def report(text, *, header="From: Mail System <mailer-daemon@a.example>", subject="Your mail"):
    """Return the report of a mail with that header and text."""
    return read(parse_message(f"{header}\nSubject: {subject}\n\n{text}\n".encode()))


def test_what_a_mail_system_wrote_about_somebody_is_a_report():
    """It says what it was read from, and that the action is inferred."""
    found = report("anna@example.org:\n550 5.1.1 User unknown")
    (outcome,) = found.outcomes

    assert (found.kind, found.form) == (Kind.FAILURE, "text")
    assert (outcome.recipient, outcome.action, str(outcome.status)) == (
        "anna@example.org",
        Action.FAILED,
        "5.1.1",
    )
    assert set(outcome.inferred) == {"action"}
    assert [defect.what for defect in found.defects] == [
        "no machine-readable part; read from its text"
    ]


@pytest.mark.parametrize(
    ("header", "text"),
    [
        ("From: Chris <chris@example.net>", "anna@example.org:\n550 5.1.1 User unknown"),
        ("From: Chris <chris@example.net>\nReturn-Path: <>", "anna@example.org:\nsays hello"),
        ("From: Mail System <mailer-daemon@a.example>", "Nothing to report."),
    ],
    ids=["a person wrote it", "a null return path alone", "it names nobody"],
)
def test_what_no_mail_system_wrote_or_names_nobody_is_not_mine(header, text):
    """Notifications of all kinds have a null return path; without words of failure it is none."""
    assert report(text, header=header) is None


@pytest.mark.parametrize(
    "text",
    [
        "Our driver could not deliver your parcel. Service: service@parcel.example.",
        "The message to the account's holder: your payment could not be delivered. Questions: help@bank.example",
    ],
    ids=["a-parcel", "a-payment"],
)
def test_whom_to_write_to_about_a_parcel_is_no_recipient(text):
    """Others fail to deliver too; an address alone, and no server's words, is not enough."""
    header = "From: Carrier <noreply@carrier.example>"

    assert report(text, header=header, subject="Delivery failed") is None
    assert report(f"{text}\n550 5.1.1 unknown", header=header, subject="Delivery failed")


def test_a_null_return_path_alone_makes_no_report_of_an_offer_to_help():
    """Carriers and publishers send without a return path too."""
    header = "Return-Path: <>\nFrom: Carrier <noreply@carrier.example>"

    for text in (
        "We could not deliver your parcel. Contact service@parcel.example.",
        "Last week some mail was rejected with 550. Say hello: hi@letters.example",
    ):
        assert report(text, header=header, subject="Delivery failed: your parcel") is None


def test_a_null_return_path_and_a_subject_of_failure_make_a_report_of_any_words():
    """Where an address has a place of its own; the one in a sentence alone may be anybody's."""
    header = "Return-Path: <>\nFrom: Gateway <gateway@a.example>"
    subject = "Nondeliverable mail"

    found = report(
        "anna@example.org\nThe store could not be opened.", header=header, subject=subject
    )
    assert [outcome.recipient for outcome in found.outcomes] == ["anna@example.org"]
    assert report("Nice day, anna@example.org!", header=header, subject=subject) is None


def test_what_a_tracker_of_bugs_files_about_bounces_is_none():
    """Its subject begins with the number."""
    text = "--- Comment 3 ---\n<anna@example.org>: host mx.example.org said: 550 5.1.1 unknown"
    header = "From: tracker-daemon@a.example"

    assert report(text, header=header, subject="[Bug 4711] Undelivered mail") is None
    assert report(text, header=header, subject="[spam 4.7] Undelivered mail")


def test_what_members_of_a_list_write_to_each_other_about_failures_is_none():
    """Who asks a list about a refusal quotes it."""
    asked = 'Who else sees "421 4.7.0 Try again later"? anna@example.org cannot receive.'
    header = "From: Chris <chris@example.net>\nPrecedence: list"

    assert report(asked, header=header, subject="[list] Delivery failure?") is None
    assert report(asked, header=header.replace("list", "bulk"), subject="Delivery failure")


def test_a_helpdesk_that_speaks_of_a_failure_is_not_mine_unless_it_returns_a_message():
    """What comes back goes to who wrote it: that is no report, RFC 5321 §4.5.5, but some do so."""
    header = "Return-Path: <desk@a.example>\nFrom: Desk <desk@a.example>"
    text = "Messages to anna@example.org come back with 550 because the mailbox is full."
    subject = "How to fix: Undeliverable messages"

    assert report(text, header=header, subject=subject) is None
    assert report(text, header="From: Desk <desk@a.example>", subject=subject)
    returned = "--- Original message ---\n\nReceived: from b.example\nTo: anna@example.org\n"
    assert report(f"{text}\n\n{returned}", header=header, subject=subject)


def test_a_null_return_path_and_words_of_failure_make_a_report():
    """The writer's name need not tell."""
    found = report(
        "anna@example.org:\n550 5.1.1 User unknown",
        header="Return-Path: <>\nFrom: Carrier <carrier@a.example>",
    )

    assert [outcome.recipient for outcome in found.outcomes] == ["anna@example.org"]


DELAYS = {
    "English": "Delivery is delayed; we will keep trying for four days.",
    "warning": "THIS IS A WARNING ONLY. Warning: message still undelivered after 4 hours.",
    "frozen": "Message 1 has been frozen. The following addresses have yet to be delivered:",
    "retried": "The message will be retried until tomorrow.",
    "German": "Die Zustellung wird verzögert.",
    "French": "La remise est retardée.",
    "Italian": "La consegna è ritardata.",
    "Portuguese": "A entrega está em atraso.",
    "Dutch": "De bezorging is vertraagd.",
    "Russian": "Доставка задержана.",
}


@pytest.mark.parametrize("words", DELAYS.values(), ids=DELAYS)
def test_words_of_waiting_make_a_delay(words):
    """Delayed means being retried."""
    found = report(f"{words}\n\nanna@example.org:\nno answer yet")

    assert (found.kind, found.outcomes[0].action) == (Kind.DELAY, Action.DELAYED)


def test_a_subject_of_waiting_makes_a_delay():
    """Some say it there only."""
    found = report("anna@example.org:\nno answer yet", subject="Warning: could not send message")

    assert found.kind is Kind.DELAY


@pytest.mark.parametrize(
    "words",
    [
        "This is a permanent error; I've given up.",
        "Giving up.",
        "Delivery failed permanently.",
        "Delivery failed; we will not continue trying.",
        "No further attempts will be made, and you need not keep trying.",
    ],
)
def test_who_has_given_up_is_waiting_no_more(words):
    """Even if it tells of delays before."""
    found = report(f"It was delayed for days. {words}\n\nanna@example.org:\nno answer")

    assert found.kind is Kind.FAILURE


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("Your message was successfully delivered to the following recipients.", Kind.SUCCESS),
        ("Your message has been successfully relayed, but nobody may confirm it.", Kind.RELAYED),
        ("It was delivered to two of them and could not be delivered to this one.", Kind.FAILURE),
        ("It was successfully delivered, but the copy was rejected.", Kind.FAILURE),
    ],
)
def test_words_of_arrival_make_a_report_of_success(words, kind):
    """Unless any word speaks of a failure, too."""
    found = report(f"{words}\n\nanna@example.org")

    assert (found.kind, found.outcomes[0].recipient) == (kind, "anna@example.org")


def test_a_quoted_remote_server_is_who_refused():
    """The text names host and command; nothing is taken from the returned message."""
    found = read(parse_message((BOUNCES / "exim-two-recipients.eml").read_bytes()))
    outcome = found.outcomes[0]

    assert (outcome.recipient, outcome.rejected_by, outcome.command) == (
        "anna@example.org",
        "mx.example.org",
        "RCPT",
    )
    assert len(found.outcomes) == 2
    assert found.original.message_id == "<5@laptop.example.net>"


def test_the_summary_above_the_recipients_is_not_about_them():
    """Exchange 2003 quotes the To of the original before it says whom it did not reach."""
    found = read(parse_message((BOUNCES / "exchange-2003.eml").read_bytes()))

    assert [outcome.recipient for outcome in found.outcomes] == [
        "anna@example.org",
        "ben@example.org",
    ]


@given(st.sampled_from(list(PROSE)), st.integers(0, 900), st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_a_cut_in_the_returned_message_loses_nothing_of_what_was_said(name, behind, line_end):
    """Of what follows nothing decides who failed, or why."""
    raw = PROSE[name]
    account, announced, _ = raw.partition(RETURNED_BELOW[name])
    whole = read(parse_message(raw))
    found = read(parse_message(raw[: len(account + announced) + behind].replace(b"\n", line_end)))

    assert announced
    assert whole.outcomes == found.outcomes


@given(st.binary(max_size=400), st.sampled_from(list(PROSE.values())), st.integers(0, 1200))
def test_no_damage_to_a_text_bounce_makes_reading_raise(put, raw, at):
    """Whatever is spliced in, nobody without a name is reported."""
    found = read(parse_message(raw[:at] + put + raw[at:]))

    assert found is None or all(outcome.recipient for outcome in found.outcomes)


SUBJECTS = {
    "Exchange, Spanish": (
        "No se puede entregar: Pedido",
        "El mensaje no llegó a algunos destinatarios.",
    ),
    "Exchange, Italian": (
        "Non recapitabile: Ordine",
        "Il messaggio non ha raggiunto i destinatari.",
    ),
    "Exchange, Polish": ("Nie dostarczono: Faktura", "Twoja wiadomość nie dotarła do adresatów."),
    "Exchange, Czech": ("Nedoručitelné: Zakázka", "Zpráva nebyla doručena všem adresátům."),
    "Domino, German": ("ZUSTELLUNGSFEHLER: Termin", "wurde nicht zugestellt an:"),
    "Domino, French": ("ECHEC DE DISTRIBUTION : Commande", "n'a pas pu être remis à :"),
    "Portuguese": ("Falha na entrega da mensagem", "A mensagem não foi entregue ao destinatário."),
}


@pytest.mark.parametrize(("subject", "words"), SUBJECTS.values(), ids=SUBJECTS)
def test_a_postmasters_report_is_known_by_its_words_in_many_languages(subject, words):
    """Who writes is a postmaster, which a person may be; the subject says that it is a report."""
    header = "From: postmaster@a.example\nContent-Type: text/plain; charset=utf-8"
    text = f"{words}\n\n  anna@example.org\n    Nobody here knows.\n"

    found = report(text, header=header, subject=subject)

    assert [outcome.recipient for outcome in found.outcomes] == ["anna@example.org"]
