"""What people paste of a bounce says as much as the bounce."""

import pytest

import whybounce
from whybounce.vocabulary.report import Kind

BLOCK = """\
> Diagnostic information for administrators:
>
> Generating server: edge.example.com.
>
> anna@example.org
> #550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient anna@example.org not found ##
>
"""

HEADER = """\
Original message headers:

Received: from pc.example.com by edge.example.com with ESMTP id 7;
\tSun, 1 Nov 2026 10:00:04 +0000
From: Chris <chris@example.com>
To: Anna <anna@example.org>
Date: Sun, 1 Nov 2026 10:00:00 +0000
Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=
"""


def test_the_generating_server_is_the_one_that_refused_where_no_other_is_named():
    """Exchange's block without a remote server."""
    report = whybounce.diagnose(BLOCK).report

    assert report.generator == "edge.example.com"
    assert report.outcomes[0].rejected_by == "edge.example.com"
    assert report.outcomes[0].recipient == "anna@example.org"


def test_the_originals_header_is_read_from_below_the_reply():
    """Hops, subject and addresses; nothing of it is taken for the reply."""
    report = whybounce.diagnose(BLOCK.replace("> ", "").replace(">", "") + HEADER).report

    assert report.original.subject == "Grüße"
    assert [(hop.from_, hop.relay_seconds) for hop in report.hops] == [("pc.example.com", 4.0)]
    assert report.outcomes[0].reply.code == 550


def test_a_services_notification_without_its_mail_names_its_recipients():
    """As a queue or a webhook holds it: one line of JSON."""
    bounced = (
        '{"emailAddress":"anna@example.org","status":"5.1.1","diagnosticCode":"smtp; 550 5.1.1 x"}'
    )
    text = f'{{"notificationType":"Bounce","bounce":{{"bouncedRecipients":[{bounced}]}}}}'
    report = whybounce.diagnose(text).report

    assert (report.form, report.outcomes[0].recipient) == ("amazon-ses", "anna@example.org")


@pytest.mark.parametrize("before", ["", " ", "\n\n  "], ids=["nothing", "a blank", "lines"])
def test_a_services_list_of_events_may_stand_on_one_line_with_blanks_before_it(before):
    """Whoever copies it from a log takes some along."""
    event = '{{"email":"{}@example.org","event":"bounce","reason":"550 5.1.1 User unknown"}}'
    report = whybounce.diagnose(f"{before}[{event.format('anna')},{event.format('bert')}]").report

    assert [one.recipient for one in report.outcomes] == ["anna@example.org", "bert@example.org"]


@pytest.mark.parametrize(
    ("text", "recipient"),
    [
        ("Nicht zugestellt\nIhre Nachricht an anna@example.org kam nicht an.\n552 5.2.2 voll", "anna@example.org"),
        ("Non distribué\nVotre mail n'est pas arrivé\nanna@example.org\n552 5.2.2 pleine", "anna@example.org"),
        ("Help!\nI am chris@example.net and get this:\n552 5.2.2 Mailbox full", None),
        ("Help!\n553 5.1.8 <chris@example.net>: Sender address rejected\nto anna@example.org", None),
    ],
    ids=["in a sentence", "alone on its line", "the writer's", "the reply's own"],
)  # fmt: skip
def test_a_few_lines_of_a_bounce_name_its_recipient(text, recipient):
    """An address that merely stands there may be the sender's."""
    (outcome,) = whybounce.diagnose(text).report.outcomes

    assert outcome.recipient == recipient


@pytest.mark.parametrize("text", ["550 5.1.1 User unknown", "quux", "Generating server:", ""])
def test_a_text_that_names_no_server_has_none(text):
    """Nothing is guessed."""
    report = whybounce.diagnose(text).report

    assert report.generator is None
    assert report.original is None
    assert report.kind in {Kind.FAILURE, Kind.NOT_A_REPORT}
