"""Log lines, bounces' sentences and blocks are read to who, by whom, and what was said."""

import pytest
from hypothesis import given, strategies as st

from whybounce.notation import read_text

CASES = {
    "postfix-log": (
        ("Nov  1 10:00:00 mail postfix/smtp[123]: 4F1: to=<anna@example.org>, relay=mx.example.org"
        "[192.0.2.1]:25, delay=1.2, delays=0/0/1/0.2, dsn=5.1.1, status=bounced (host mx.example.org"
        "[192.0.2.1] said: 550 5.1.1 <anna@example.org>: User unknown (in reply to RCPT TO command))"),
        ("anna@example.org", "failed", "RCPT", "mx.example.org",
         "550 5.1.1 <anna@example.org>: User unknown"),
    ),
    "postfix-log-deferred": (
        ("postfix/smtp[1]: 4F1: to=<anna@example.org>, relay=none, delay=9, delays=1/1/1/1, dsn=4.4.1, "
        "status=deferred (connect to mx.example.org[192.0.2.1]:25: Connection timed out)"),
        ("anna@example.org", "delayed", None, None,
         "connect to mx.example.org[192.0.2.1]:25: Connection timed out"),
    ),
    "postfix-bounce": (
        ("<anna@example.org>: host mx.example.org[192.0.2.1] said: 550 nope (in reply to end of DATA\n"
        "    command)"),
        ("anna@example.org", None, "DATA", "mx.example.org", "550 nope"),
    ),
    "sendmail-log": (
        ("sendmail[1]: x: to=<anna@example.org>, delay=00:00:01, mailer=esmtp, relay=mx.example.org. "
        "[192.0.2.1], dsn=5.1.1, stat=User unknown"),
        ("anna@example.org", None, None, "mx.example.org", "User unknown"),
    ),
    "sendmail-transcript": (
        ("   ----- Transcript of session follows -----\n... while talking to mx.example.org.:\n"
        ">>> RCPT To:<anna@example.org>\n<<< 550 5.1.1 User unknown\n550 5.1.1 <anna@example.org>..."),
        (None, None, "RCPT", "mx.example.org", "550 5.1.1 User unknown"),
    ),
    "exim-log": (
        ("2026-01-01 10:00:00 1abc-0000-0A ** anna@example.org R=dnslookup T=remote_smtp H=mx.example.org"
        " [192.0.2.1]: SMTP error from remote mail server after RCPT TO:<anna@example.org>: 550 No such"
        " user"),
        ("anna@example.org", None, "RCPT", "mx.example.org", "550 No such user"),
    ),
    "exchange-sharps": (
        ("ronald@contoso.com\nmail.contoso.com #<exchange.contoso.com #5.7.1 smtp;530 5.7.1 Client was "
        "not authenticated> #SMTP#"),
        ("ronald@contoso.com", None, None, "mail.contoso.com",
         "530 5.7.1 Client was not authenticated"),
    ),
    "exchange-local": (
        "anna@example.org\n#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##",
        ("anna@example.org", None, None, None, "550 5.1.1 RESOLVER.ADR.RecipNotFound; not found"),
    ),
    "exchange-attempts": (
        ("9/12/2023 10:39:23 AM - Server at mx.example.org (192.0.2.1) returned '550 5.4.300 Message "
        "expired -> 421 4.4.2 Connection dropped'"),
        (None, None, None, "mx.example.org", "550 5.4.300 Message expired"),
    ),
    "exchange-trace": (
        ("Reason: [{LED=450 4.4.316 Connection refused [Message=Socket error code 10061]};{MSG=};"
        "{FQDN=mx.example.org};{IP=192.0.2.1};{LRT=1/1/2026}]"),
        (None, None, None, "mx.example.org",
         "450 4.4.316 Connection refused [Message=Socket error code 10061]"),
    ),
    "delivery-status": (
        ("Final-Recipient: rfc822; anna@example.org\nAction: failed\nStatus: 5.1.1\nRemote-MTA: dns; "
        "mx.example.org\nDiagnostic-Code: smtp; 550-5.1.1 no\n 550 5.1.1 such user"),
        ("anna@example.org", "failed", None, "mx.example.org", "550 5.1.1 no such user"),
    ),
    "in-prose": (
        "192.0.2.1 does not like recipient.\nRemote host said: 550 5.1.1 User unknown\nGiving up on 192.0.2.1.",
        (None, None, "RCPT", None, "550 5.1.1 User unknown"),
    ),
    "in-prose-below-its-announcement": (
        "The error that the other server returned was:\n550-5.2.1 The account\n550 5.2.1 is closed\n\nBye.",
        (None, None, None, None, "550 5.2.1 The account is closed"),
    ),
    "in-prose-on-indented-lines": (
        "We could not deliver it:\n    451 4.3.0 the queue\n        is full\n\nWe go on trying.",
        (None, None, None, None, "451 4.3.0 the queue is full"),
    ),
    "in-prose-by-its-status-code-alone": (
        "The answer was:\n5.1.1 nobody of that name",
        (None, None, None, None, "5.1.1 nobody of that name"),
    ),
    "in-prose-in-quotation-marks": (
        'failed after I sent the message.\nThey say: "554 5.7.1 no spam"\n-----\nReceived: from a',
        (None, None, "DATA", None, "554 5.7.1 no spam"),
    ),
    "zoho-codes": (
        "Invalid Address, ERROR_CODE :550, ERROR_CODE :5.1.1 <anna@example.org>... User Unknown",
        (None, None, None, None, "550 5.1.1 <anna@example.org>... User Unknown"),
    ),
    "zoho-codes-of-the-first-recipient": (
        "Policy, ERROR_CODE :554, ERROR_CODE :5.7.1 refused\n\nben@example.org, ERROR_CODE :550, ERROR_CODE :5.1.1 no",
        (None, None, None, None, "554 5.7.1 refused"),
    ),
    "exit-code": (
        "x-unix; 75",
        (None, None, None, None, "the local delivery program ended with exit code 75 (EX_TEMPFAIL)"),
    ),
    "exit-code-of-its-own": (
        "X-Unix;3",
        (None, None, None, None, "the local delivery program ended with exit code 3"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_a_quotation_is_read(text, expected):
    """Recipient, action, command, remote server and the reply itself."""
    outcome = read_text(text)
    found = (outcome.recipient, outcome.action, outcome.command, outcome.remote, str(outcome.reply))

    assert expected == found


@pytest.mark.parametrize(
    ("text", "code", "status"),
    [
        ("550 5.1.\n10 The address\nwas not found", 550, "5.1.10"),
        ("the server said 554 5.\r\n  7.1 refused", 554, "5.7.1"),
        ("Our rules are in part 1.5.\n7 mails broke them", None, "None"),
    ],
    ids=["behind the subject", "behind the class", "in a sentence"],
)
def test_a_code_that_a_narrow_screen_broke_is_whole_again(text, code, status):
    """Where lines end behind a dot, and numbers go on that make it a code."""
    reply = read_text(text).reply

    assert (reply.code, str(reply.status)) == (code, status)


@pytest.mark.parametrize(
    "text",
    [
        "There are 550 noodles\nin 404 bowls",
        "We are at 451 Main Street\nand 550 Side Street",
        "ERROR_CODE\nwithout one",
        "x-unix; ended",
    ],
)
def test_numbers_in_a_sentence_are_no_reply(text):
    """No code is taken from them."""
    reply = read_text(text).reply

    assert (reply.code, reply.status) == (None, None)


def test_the_seeds_example_names_both_servers():
    """mail.contoso.com was talked to; exchange.contoso.com is the name inside its reply."""
    outcome = read_text(CASES["exchange-sharps"][0])

    assert outcome.rejected_by == "mail.contoso.com"
    assert outcome.reply_from == "exchange.contoso.com"


@given(st.text())
def test_no_text_makes_reading_raise(text):
    """Whatever was pasted, an Outcome comes back."""
    assert read_text(text).reply is not None
