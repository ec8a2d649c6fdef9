"""Lines of logs are read to who was meant, what was asked, by whom and in which words it was refused."""

import pytest

from whybounce import diagnose
from whybounce.notation import read_text

CASES = {
    "postfix-refuses-a-recipient": (
        ("Nov 21 18:00:01 mx1 postfix/smtpd[99]: NOQUEUE: reject: RCPT from unknown[198.51.100.7]: 554 5.7.1 "
         "Service unavailable; Client host [198.51.100.7] blocked using zen.spamhaus.org; "
         "https://www.spamhaus.org/query/ip/198.51.100.7; from=<bob@example.com> to=<anna@example.net> "
         "proto=ESMTP helo=<mx.example.com>"),
        ("anna@example.net", None, "RCPT", None,
         ("554 5.7.1 Service unavailable; Client host [198.51.100.7] blocked using zen.spamhaus.org; "
         "https://www.spamhaus.org/query/ip/198.51.100.7")),
    ),
    "postfix-refuses-a-client": (
        ("postfix/smtpd[99]: NOQUEUE: reject: CONNECT from unknown[198.51.100.7]: 554 5.7.1 <unknown[198.51.100.7]>: "
         "Client host rejected: Access denied; proto=SMTP"),
        (None, None, "greeting", None,
         "554 5.7.1 <unknown[198.51.100.7]>: Client host rejected: Access denied"),
    ),
    "postfix-filter-refuses-a-message": (
        ("postfix/cleanup[7]: 4F1: milter-reject: END-OF-MESSAGE from mx.example.com[192.0.2.9]: 5.7.1 Spam; "
         "postfix/cleanup[7]: 4F1: reject: END-OF-MESSAGE from mx.example.com[192.0.2.9]: 550 5.7.1 Spam message "
         "rejected; from=<bob@example.com> to=<anna@example.net> proto=ESMTP helo=<mx.example.com>"),
        ("anna@example.net", None, "DATA", None, "550 5.7.1 Spam message rejected"),
    ),
    "postfix-finds-words-in-a-header": (
        ("postfix/cleanup[7]: 4F1: reject: header Subject: Re: 550 pills from unknown[198.51.100.7]; "
         "from=<bob@example.com> to=<anna@example.net> proto=ESMTP helo=<mx.example.com>: 5.7.1 No pills here"),
        ("anna@example.net", None, "DATA", None, "5.7.1 No pills here"),
    ),
    "postfix-logs-a-filters-refusal-without-digits": (
        ("postfix/cleanup[7]: 4F1: milter-reject: END-OF-MESSAGE from mx.example.com[192.0.2.9]: 4.7.1 Service "
         "unavailable - try again later; from=<bob@example.com> to=<anna@example.net> proto=ESMTP helo=<mx.example.com>"),
        ("anna@example.net", None, "DATA", None, "4.7.1 Service unavailable - try again later"),
    ),
    "postfix-lists-its-queue": (
        ("4Xk2lM1zAb*    3021 Sat Nov 21 18:00:01  bob@example.com\n"
         "(connect to mx.example.org[192.0.2.25]:25: No route to host)\n"
         "                                         anna@example.org\n"),
        ("anna@example.org", "delayed", None, None, "connect to mx.example.org[192.0.2.25]:25: No route to host"),
    ),
    "sendmail-lists-its-queue": (
        ("5AA9E2xx012     1234 Sat Nov 21 18:00 <bob@example.com>\n"
         "                 (Deferred: Connection timed out with mx.example.org.)\n"
         "                                       <anna@example.org>\n"),
        ("anna@example.org", "delayed", None, None, "Deferred: Connection timed out with mx.example.org."),
    ),
    "sendmail-refuses-a-recipient": (
        ("Nov 21 18:00:01 mx1 sm-mta[5]: u7L1: ruleset=check_rcpt, arg1=<anna@example.net>, relay=mx.example.com "
         "[192.0.2.9], reject=550 5.7.1 <anna@example.net>... Relaying denied"),
        ("anna@example.net", None, "RCPT", None, "550 5.7.1 <anna@example.net>... Relaying denied"),
    ),
    "qmail-quotes-a-server": (
        ("@4000000067 starting delivery 12: msg 654321 to remote anna@example.org\n@4000000067 delivery 12: failure: "
         "192.0.2.25_does_not_like_recipient./Remote_host_said:_550_5.1.1_User_unknown/Giving_up_on_192.0.2.25./"),
        ("anna@example.org", "failed", None, "192.0.2.25", "550 5.1.1 User unknown"),
    ),
    "qmail-speaks-for-itself": (
        "@4000000067 delivery 12: deferral: CNAME_lookup_failed_temporarily._(#4.4.3)/",
        (None, "delayed", None, None, "4.4.3 CNAME lookup failed temporarily. (#4.4.3)"),
    ),
    "exim-gives-up": (
        "2026-11-21 18:00:01 1r5abc-0001AB-2x ** anna@example.org R=dnslookup T=remote_smtp: Unrouteable address",
        ("anna@example.org", "failed", None, None, "Unrouteable address"),
    ),
    "exim-waits": (
        ("2026-11-21 18:00:01 1r5abc-0001AB-2x == anna@example.org R=dnslookup T=remote_smtp defer (-53): retry time "
         "not reached for any host for 'example.org'"),
        ("anna@example.org", "delayed", None, None, "retry time not reached for any host for 'example.org'"),
    ),
    "exim-refuses-a-recipient": (
        ("2026-11-21 18:00:01 H=mx.example.com [192.0.2.9] F=<bob@example.com> rejected RCPT <anna@example.net>: "
         "Unrouteable address"),
        ("anna@example.net", "failed", "RCPT", None, "Unrouteable address"),
    ),
    "exim-refuses-for-now": (
        ("2026-11-21 18:00:01 H=mx.example.com [192.0.2.9] F=<bob@example.com> temporarily rejected RCPT "
         "<anna@example.net>: greylisted"),
        ("anna@example.net", "delayed", "RCPT", None, "greylisted"),
    ),
    "exim-has-tried-long-enough": (
        "2026-11-21 18:00:01 1r5abc-0001AB-2x anna@example.org: retry timeout exceeded",
        ("anna@example.org", "failed", None, None, "retry timeout exceeded"),
    ),
    "exchange-tracking": (
        ("2026-11-21T18:00:01.123Z,192.0.2.1,MAIL01,192.0.2.25,mx.example.org,08DAF,Internet,SMTP,FAIL,123456,"
         "<abc@mail.example.com>,a1b2,anna@example.org,550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found "
         "by SMTP address lookup,4567,1,,,Hello,bob@example.com,bob@example.com,,Originating,,,,"),
        ("anna@example.org", "failed", None, None,
         "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"),
    ),
    "exchange-tracking-of-what-waits": (
        ("2026-11-21T18:00:01.123Z,,MAIL01,,,,Internet,SMTP,DEFER,1,<abc@mail.example.com>,a1b2,anna@example.org,"
         "{[{LRT=11/21/2026 6:00:00 PM};{LED=450 4.4.317 Cannot connect to remote server};{FQDN=mx.example.org};"
         "{IP=192.0.2.25}]},4567,1,,,Hello,bob@example.com,bob@example.com,,Originating"),
        ("anna@example.org", "delayed", None, "mx.example.org", "450 4.4.317 Cannot connect to remote server"),
    ),
    "exchange-tracking-before-2013": (
        ("2012-11-21T18:00:01.123Z,192.0.2.1,MAIL01,192.0.2.25,mx.example.org,08CF,Internet,SMTP,FAIL,4711,"
         "<abc@mail.example.com>,anna@example.org;ben@example.org,550 5.1.1 User unknown,4567,1,,,Hello,bob@example.com"),
        ("anna@example.org", "failed", None, None, "550 5.1.1 User unknown"),
    ),
    "a-line-with-a-process": (
        ('smtpd[311]: 9f3c mta delivery evpid=aa11 from=<bob@example.com> to=<anna@example.org> rcpt=<-> '
         'relay="192.0.2.25 (mx.example.org)" result="PermFail" stat="550 5.1.1 User unknown"'),
        ("anna@example.org", None, None, None, "550 5.1.1 User unknown"),
    ),
    "a-line-with-a-time": (
        ("2026-11-21T18:00:01.000Z [NOTICE] [4C8A9F] [rcpt_to.in_host_list] rejected rcpt: 550 I cannot deliver mail "
         "for anna@example.org"),
        (None, None, None, None, "550 I cannot deliver mail for anna@example.org"),
    ),
    "a-line-with-a-level": (
        "[INFO] [outbound] bouncing to=anna@example.org: 550 5.1.1 User unknown",
        ("anna@example.org", None, None, None, "550 5.1.1 User unknown"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("line", "expected"), CASES.values(), ids=CASES)
def test_a_line_of_a_log_is_read(line, expected):
    """Recipient, action, command, remote server and the reply itself."""
    outcome = read_text(line)
    found = (outcome.recipient, outcome.action, outcome.command, outcome.remote, str(outcome.reply))

    assert expected == found


NAMING = {name: (line, told[0]) for name, (line, told) in CASES.items() if told[0]}


@pytest.mark.parametrize(("line", "recipient"), NAMING.values(), ids=NAMING)
def test_a_line_that_somebody_pastes_is_about_its_recipient(line, recipient):
    """Neither its sender nor its Message-ID is taken for who did not get it."""
    diagnosis = diagnose(line)

    assert {outcome.recipient for outcome in diagnosis.report.outcomes} <= {recipient}
    assert diagnosis.explanations[0].parameters["recipient"] == recipient


@pytest.mark.parametrize(
    "text",
    [
        "delivery is late",
        "We have rejected your offer: sorry",
        "a == b@example.org",
        "one,FAIL,two",
        "2026-11-21 18:00:01 all is well",
    ],
)
def test_what_only_looks_like_a_log_is_left_as_it_is(text):
    """Its words stay whole, and nobody is said to be meant."""
    outcome = read_text(text)

    assert (outcome.recipient, outcome.action, str(outcome.reply)) == (None, None, text)
