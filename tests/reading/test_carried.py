"""A report inside another mail is found, however it was put there."""

from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from whybounce.reading import read
from whybounce.reading.carried import carried_by
from whybounce.reading.mime import parse_message

BOUNCES = Path(__file__).parent / "bounces"
PROSE = b"""\
From: MAILER-DAEMON@mail.example.net
To: chris@example.net
Subject: failure notice

Hi. This is the qmail-send program at mail.example.net.

<anna@example.org>:
192.0.2.25 does not like recipient.
Remote host said: 550 5.1.1 User unknown

<ben@example.com>:
Sorry, nobody there. (#5.1.1)
"""
DSN = (BOUNCES / "dsn-better-code-in-the-reply.eml").read_bytes()
NAMELESS = b"""\
From: MAILER-DAEMON@mail.example.net
To: chris@example.net
Subject: Undeliverable mail

The recipient's mailbox is full.

----- Original message -----

From: chris@example.net
To: anna@example.org
Subject: Lunch
"""
OUTER = b"From: Chris <chris@example.net>\nTo: help@example.net\nSubject: Fwd: look\n"


def forwarded(raw):
    """Return a mail that has the other attached."""
    return (
        OUTER
        + b"Content-Type: multipart/mixed; boundary=outer%d\n\n" % len(raw)
        + b"--outer%d\nContent-Type: text/plain\n\nLook!\n" % len(raw)
        + b"--outer%d\nContent-Type: message/rfc822\n\n%s\n--outer%d--\n"
        % (len(raw), raw, len(raw))
    )


def quoted(raw, times):
    """Return a mail that quotes the other's lines, as often as it was passed on."""
    return (
        OUTER
        + b"\nLook!\n\n"
        + b"".join(b"> " * times + line for line in raw.splitlines(keepends=True))
    )


@pytest.mark.parametrize("raw", [PROSE, DSN], ids=["prose", "machine part"])
@pytest.mark.parametrize("times", [1, 2, 3])
def test_an_attached_report_is_read(raw, times):
    """Forwarded up to three times; the outer mail is noted with who sent it."""
    carrying = raw
    for _ in range(times):
        carrying = forwarded(carrying)
    report = read(carrying)

    assert report.outcomes == read(raw).outcomes
    assert [d.where for d in report.defects].count("outer mail") == times
    assert "Chris <chris@example.net>" in report.defects[-1].what


def test_an_attached_report_may_leave_it_to_the_returned_message_who_failed():
    """It is read as if it had been sent itself."""
    report = read(forwarded(NAMELESS))

    assert [outcome.recipient for outcome in report.outcomes] == ["anna@example.org"]
    assert report.outcomes == read(NAMELESS).outcomes


def test_a_report_that_is_too_deep_is_not_looked_for():
    """Four levels: nobody forwards that, and depth is bounded."""
    carrying = PROSE
    for _ in range(4):
        carrying = forwarded(carrying)

    assert read(carrying).outcomes == ()


@given(st.integers(1, 12), st.sampled_from([b"> ", b">"]))
def test_quoting_a_bounce_many_times_keeps_its_recipients(times, mark):
    """Each reply puts one more mark before each line."""
    lines = (mark * times + line for line in PROSE.splitlines(keepends=True))
    report = read(OUTER + b"\nLook!\n\n" + b"".join(lines))

    assert [str(outcome.reply) for outcome in report.outcomes] == [
        str(outcome.reply) for outcome in read(PROSE).outcomes
    ]
    assert [outcome.recipient for outcome in report.outcomes] == [
        "anna@example.org",
        "ben@example.com",
    ]


@pytest.mark.parametrize(
    "raw",
    [
        (BOUNCES / "dsn-better-code-in-the-reply.eml").read_bytes(),
        (BOUNCES / "dsn-without-its-mime-header.eml").read_bytes(),
    ],
    ids=["with its MIME structure", "without"],
)
def test_a_quoted_machine_part_is_read_too(raw):
    """Quotation marks are no part of its fields."""
    report = read(quoted(raw, 2))

    assert report.form == "rfc3464"
    assert [outcome.recipient for outcome in report.outcomes] == ["anna@example.org"]


HEADERS = {
    "Outlook": "-----Original Message-----\nFrom: {}\nSent: Sunday\nTo: chris@example.net\nSubject: x",
    "Outlook, a rule": "________________________________\nFrom: {}\nSent: Sunday\nTo: chris@example.net\nSubject: x",
    "Outlook, German": "-----Ursprüngliche Nachricht-----\nVon: {}\nGesendet: Sonntag\nAn: chris@example.net\nBetreff: x",
    "Outlook, French": "-----Message d'origine-----\nDe : {}\nEnvoyé : dimanche\nÀ : chris@example.net\nObjet : x",
    "Outlook, Italian": "-----Messaggio originale-----\nDa: {}\nInviato: domenica\nA: chris@example.net\nOggetto: x",
    "Outlook, Spanish": "-----Mensaje original-----\nDe: {}\nEnviado: domingo\nPara: chris@example.net\nAsunto: x",
    "Outlook, Dutch": "-----Oorspronkelijk bericht-----\nVan: {}\nVerzonden: zondag\nAan: chris@example.net\nOnderwerp: x",
    "Outlook, Russian": "-----Исходное сообщение-----\nОт: {}\nОтправлено: воскресенье\nКому: chris@example.net\nТема: x",
    "Gmail": "---------- Forwarded message ---------\nFrom: {}\nDate: Sun\nSubject: x\nTo: <chris@example.net>",
    "Gmail, German": "---------- Weitergeleitete Nachricht ---------\nVon: {}\nDate: So.\nSubject: x\nTo: <chris@example.net>",
    "Apple": "Begin forwarded message:\n\nFrom: {}\nSubject: x\nDate: Sunday\nTo: chris@example.net",
    "Apple, German": "Anfang der weitergeleiteten Nachricht:\n\nVon: {}\nBetreff: x\nDatum: Sonntag\nAn: chris@example.net",
    "in bold": "-----Original Message-----\n*From:* {}\n*Sent:* Sunday\n*To:* chris@example.net\n*Subject:* x",
    "Thunderbird": "-------- Forwarded Message --------\nSubject: x\nDate: Sun\nFrom: {}\nTo: chris@example.net",
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_a_report_below_a_mail_programs_header_is_read(header):
    """Its fields are named in the reader's language, and stand in any order."""
    text = f"Look!\n\n{header.format('Mail System <mailer-daemon@a.example>')}\n\nanna@example.org:\n550 5.1.1 no\n"
    report = read(OUTER + f"Content-Type: text/plain; charset=utf-8\n\n{text}".encode())

    assert [outcome.recipient for outcome in report.outcomes] == ["anna@example.org"]


BLOCK = """\
Ticket 7 was opened. What the customer writes:

Diagnostic information for administrators:
Generating server: mail.example.org
anna@example.org
Remote Server returned '552 5.2.2 Mailbox full'

Status: open
"""


def test_a_report_between_a_ticket_systems_words_is_read():
    """No line is marked as quoted, but a mail system speaks in its own phrases."""
    report = read(OUTER + b"\n" + BLOCK.encode())

    assert [outcome.recipient for outcome in report.outcomes] == ["anna@example.org"]


@pytest.mark.parametrize(
    "text",
    [
        "My address is anna@mail.ru, write to me.",
        "> my address is anna@mail.ru\nThank you!",
        "The postfix program is new in this version.\n\nanna@example.org",
        "The mail system says that the parcel could not be delivered. Ask anna@example.org.",
        "MDaemon says 552 5.2.2 mailbox full for Ben. Message not delivered.\n\nAnna <anna@example.org>",
        "We see 'this is the mail system at host a.example' and 550 5.1.1 User unknown.\n\nchris@example.net",
    ],
    ids=[
        "an address",
        "an address, quoted",
        "news",
        "a carrier",
        "a name below",
        "the writer's name below",
    ],
)
def test_who_speaks_of_a_mail_system_is_none(text):
    """Its name alone makes no report of somebody's words."""
    assert read(OUTER + f"\n{text}\n".encode()).outcomes == ()


def test_what_is_sent_to_many_is_searched_for_no_unmarked_report():
    """A newsletter about bounces shows some."""
    raw = OUTER + b"List-Unsubscribe: <https://example.com/u>\n\n" + BLOCK.encode()

    assert read(raw).outcomes == ()


def test_a_mail_that_carries_nothing_carries_nothing():
    """Words are no mail."""
    assert list(carried_by(parse_message(OUTER + b"\nLook at this!\n"))) == []


def test_a_mail_that_reports_itself_is_not_searched():
    """The returned message may carry what it likes."""
    report = read(DSN.replace(b"Noon?\n", PROSE))

    assert [outcome.recipient for outcome in report.outcomes] == ["anna@example.org"]
    assert report.form == "rfc3464"


def test_what_is_carried_is_bounded():
    """Of a hundred attached mails twenty are looked at."""
    mails = b"".join(
        b"--o\nContent-Type: message/rfc822\n\nSubject: %d\n\nx\n" % n for n in range(100)
    )
    message = parse_message(OUTER + b"Content-Type: multipart/mixed; boundary=o\n\n" + mails)

    assert len(list(carried_by(message))) == 20


@given(st.text(max_size=500), st.integers(0, 3))
def test_no_text_makes_looking_for_mails_raise(text, depth):
    """Whatever was quoted, and however often."""
    raw = OUTER + f"\n{'> ' * depth}From: x\n{text}".encode()

    for carried in carried_by(parse_message(raw)):
        assert carried.parts
