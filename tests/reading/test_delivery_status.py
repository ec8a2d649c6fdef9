"""Reports with a machine part are believed, and what it lacks is looked for beside it."""

import base64
import quopri
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from whybounce.reading.delivery_status import read
from whybounce.reading.mime import parse_message
from whybounce.vocabulary.outcome import Action
from whybounce.vocabulary.report import Kind

BOUNCES = Path(__file__).parent / "bounces"
SEVERAL = (BOUNCES / "dsn-three-recipients.eml").read_bytes()
FULL = (BOUNCES / "client-not-authenticated.eml").read_bytes()


def report(fields, *, text="Not delivered.", original=""):
    """Return the report of a mail with that machine part, text and returned header."""
    returned = f"--b\nContent-Type: text/rfc822-headers\n\n{original}\n" if original else ""
    return read(
        parse_message(
            "From: Mail System <mailer-daemon@gate.example.net>\nTo: chris@example.net\n"
            "Subject: Returned\nContent-Type: multipart/report; boundary=b\n\n"
            f"--b\nContent-Type: text/plain; charset=utf-8\n\n{text}\n\n"
            f"--b\nContent-Type: message/delivery-status\n\n{fields}\n{returned}--b--\n".encode()
        )
    )


def about(*actions: str):
    """Return the fields about as many recipients as there are actions."""
    groups = (
        f"Final-Recipient: rfc822; u{n}@example.org\nAction: {action}\nStatus: 5.0.0\n"
        for n, action in enumerate(actions)
    )
    return "Reporting-MTA: dns; gate.example.net\n\n" + "\n".join(groups)


def test_a_mail_without_such_fields_is_not_mine():
    """However much it looks like a report otherwise."""
    mail = parse_message(b"From: mailer-daemon@a.example\n\nFinal-Recipient: who knows\n")

    assert read(mail) is None


@pytest.mark.parametrize(
    ("actions", "kind"),
    [
        (("failed",), Kind.FAILURE),
        (("delayed",), Kind.DELAY),
        (("relayed",), Kind.RELAYED),
        (("expanded",), Kind.EXPANDED),
        (("delivered",), Kind.SUCCESS),
        (("delivered", "failed", "delayed"), Kind.FAILURE),
        (("delivered", "delayed", "relayed"), Kind.DELAY),
        (("expanded", "relayed"), Kind.RELAYED),
        (("delivered", "expanded"), Kind.EXPANDED),
    ],
)
def test_the_gravest_action_is_the_kind_of_the_report(actions, kind):
    """One who got nothing outweighs all who did."""
    assert report(about(*actions)).kind is kind


@pytest.mark.parametrize(
    ("written", "action"),
    [
        ("failed", Action.FAILED),
        ("FAILED", Action.FAILED),
        ("failed (bounced)", Action.FAILED),
        ("failure", Action.FAILED),
        ("expired", Action.FAILED),
        ("deferred", Action.DELAYED),
        ("relayed (to non-DSN-aware mailer)", Action.RELAYED),
    ],
)
def test_an_action_is_one_of_five_words(written, action):
    """RFC 3464 §2.3.3; what others write for them is understood."""
    assert report(about(written)).outcomes[0].action is action


def test_an_action_that_is_none_is_a_defect():
    """It is not made up from the status."""
    found = report(about("lost").replace("5.0.0", "4.2.2"))

    assert found.outcomes[0].action is None
    assert [defect.what for defect in found.defects] == ["no Action that is known: 'lost'"]


def test_what_is_missing_is_a_defect_and_stays_absent():
    """No code is ever invented."""
    found = report("Reporting-MTA: dns; a.example\n\nFinal-Recipient: rfc822; anna@example.org\n")
    outcome = found.outcomes[0]

    assert (outcome.status, outcome.action, outcome.reply, outcome.remote) == (None,) * 4
    assert {"no Status", "no Action that is known: ''"} == {d.what for d in found.defects}


def test_facts_about_the_message_stand_before_the_recipients():
    """The server that reports, when the message came, and the sender's own id; RFC 3464 §2.2."""
    found = read(parse_message(FULL))

    assert (found.generator, found.envelope_id) == ("alpineskihouse.com", "QQ314159")
    assert found.arrival_date.isoformat() == "2026-11-01T10:00:00+00:00"
    assert found.date.isoformat() == "2026-11-01T10:00:30+00:00"


def test_dates_of_an_attempt_are_in_utc():
    """Last-Attempt-Date and Will-Retry-Until, RFC 3464 §2.3.7 and §2.3.9."""
    outcome = report(
        about("delayed") + "Last-Attempt-Date: Sun, 1 Nov 2026 12:00:00 +0200\n"
        "Will-Retry-Until: Fri, 6 Nov 2026 10:00:00 GMT\n"
    ).outcomes[0]

    assert outcome.last_attempt.isoformat() == "2026-11-01T10:00:00+00:00"
    assert outcome.will_retry_until.isoformat() == "2026-11-06T10:00:00+00:00"


def test_where_no_remote_is_named_the_generating_server_refused():
    """It need not have talked to anybody."""
    outcome = report(about("failed") + "Diagnostic-Code: smtp; 550 5.1.1 no\n").outcomes[0]

    assert (outcome.remote, outcome.rejected_by) == (None, "gate.example.net")


def test_where_a_remote_is_named_it_refused():
    """Whoever reports it."""
    outcome = report(about("failed") + "Remote-MTA: dns; mx.example.org\n").outcomes[0]

    assert (outcome.remote, outcome.rejected_by) == ("mx.example.org", "mx.example.org")


@pytest.mark.parametrize(
    "named",
    [
        "mx.example.org. (192.0.2.25, the server for the domain example.org.)",
        "mx.example.org (TCP|192.0.2.1|34321|192.0.2.25|25)\n (filter (example.org) -- ESMTP",
        "mx.example.org.",
    ],
    ids=["gmail", "messaging-server", "root"],
)
def test_a_server_is_its_name_without_remarks(named):
    outcome = report(about("failed") + f"Remote-MTA: dns; {named}\n").outcomes[0]
    assert outcome.remote == outcome.rejected_by == "mx.example.org"


def test_a_server_of_another_kind_of_mail_is_named_as_it_stands():
    outcome = report(about("failed") + "Remote-MTA: x400; mta relay in /ADMD= /C=WW/\n").outcomes[0]
    assert outcome.remote == "mta relay in /ADMD= /C=WW/"


@pytest.mark.parametrize(
    ("said", "status", "inferred"),
    [
        ("smtp; 550 5.1.1 unknown", "5.1.1", True),
        ("smtp; 550 5.0.0 unknown", "5.0.0", False),
        ("smtp; 550 unknown", "5.0.0", False),
        ("smtp; 550 5.4.1 wrapper -> 550 5.1.10 inner", "5.4.1", True),
        ("smtp; 5.1.0 - Unknown address error 550-'5.7.1 no'", "5.7.1", True),
        ("X-Local; 5.2.2 over quota", "5.2.2", True),
    ],
)
def test_the_code_of_who_replied_comes_before_the_reporters_summary(said, status, inferred):
    """And the outcome says what the Status field said instead."""
    outcome = report(about("failed") + f"Diagnostic-Code: {said}\n").outcomes[0]

    assert str(outcome.status) == status
    assert ("status" in outcome.inferred) is inferred
    if inferred:
        assert "5.0.0" in outcome.inferred["status"]


def test_a_reply_that_only_the_text_has_is_found_there_and_said_to_be_inferred():
    """The machine part is believed first; what it lacks is looked for beside it."""
    found = report(
        about("failed"),
        text="<u0@example.org>: host mx.example.org[192.0.2.1] said: 550 5.1.1 User unknown",
    )
    outcome = found.outcomes[0]

    assert str(outcome.reply) == "550 5.1.1 User unknown"
    assert (outcome.remote, outcome.rejected_by) == ("mx.example.org", "mx.example.org")
    assert "reply" in outcome.inferred


def test_a_text_that_says_nothing_about_the_recipient_gives_no_reply():
    """A polite sentence to all is no server's answer."""
    assert report(about("failed"), text="We are sorry.").outcomes[0].reply is None


def test_a_reply_that_stands_by_itself_is_about_the_only_recipient():
    """Where there are several, nobody can tell whose it is."""
    text = "550 5.7.1 no entry\n\n(u0@example.org)"

    assert str(report(about("failed"), text=text).outcomes[0].reply) == "550 5.7.1 no entry"
    assert [one.reply for one in report(about("failed", "failed"), text=text).outcomes] == [
        None
    ] * 2


def test_a_name_that_two_addressees_have_is_neithers():
    """The name stays as it was written."""
    fields = "Reporting-MTA: dns; a.example\n\nFinal-Recipient: local; anna\nAction: failed\n"
    found = report(fields, original="To: anna@example.org, anna@example.com")

    assert found.outcomes[0].recipient == "anna"


def test_fields_in_a_text_end_where_the_returned_message_begins():
    """It may be a report itself."""
    fields = about("failed").replace("\n\n", "\n")
    returned = f"Received: from a by b\nSubject: Returned\n\n{about('failed', 'failed')}"
    mail = parse_message(
        f"From: mailer-daemon@a.example\n\nSorry.\n\n{fields}\n{returned}".encode()
    )

    assert [outcome.recipient for outcome in read(mail).outcomes] == ["u0@example.org"]


RECIPIENTS = {
    "plain": ("Final-Recipient: rfc822; anna@example.org", "anna@example.org", False),
    "brackets": ("Final-Recipient: rfc822;<anna@example.org>", "anna@example.org", False),
    "untyped": ("Final-Recipient: anna@example.org", "anna@example.org", False),
    "quoted": ('Final-Recipient: rfc822; "anna s"@example.org', '"anna s"@example.org', False),
    "unicode": ("Final-Recipient: utf-8; jürgen@bücher.example", "jürgen@bücher.example", False),
    "command": ("Final-Recipient: rfc822; RCPT TO:<anna@example.org>", "anna@example.org", True),
    "original": (
        "Original-Recipient: rfc822; anna@example.org\nFinal-Recipient: x400; /S=Anna/",
        "anna@example.org",
        True,
    ),
    "original-alone": ("Original-Recipient: rfc822; anna@example.org", "anna@example.org", False),
    "local-name": ("Final-Recipient: local; anna", "anna@example.org", True),
    "nobodys-name": ("Final-Recipient: local; ben", "ben", False),
}


@pytest.mark.parametrize(("fields", "recipient", "inferred"), RECIPIENTS.values(), ids=RECIPIENTS)
def test_a_recipient_is_an_address_wherever_one_is_stated(fields, recipient, inferred):
    """Some write a command, a route, an X.400 name or a local name in Final-Recipient."""
    found = report(
        f"Reporting-MTA: dns; a.example\n\n{fields}\nAction: failed\nStatus: 5.1.1\n",
        original="To: Anna <anna@example.org>, Dora <dora@example.org>",
    )

    assert [outcome.recipient for outcome in found.outcomes] == [recipient]
    assert ("recipient" in found.outcomes[0].inferred) is inferred


def test_whom_the_machine_part_does_not_name_the_text_may():
    """The report says where the name is from, and that its part was empty."""
    found = report("Reporting-MTA: dns; a.example\n", text="anna@example.org:\n550 5.1.1 unknown")
    (outcome,) = found.outcomes

    assert (outcome.recipient, str(outcome.status)) == ("anna@example.org", "5.1.1")
    assert "recipient" in outcome.inferred
    assert [defect.what for defect in found.defects] == ["no Final-Recipient"]


def test_every_recipient_is_an_outcome_even_without_blank_lines_between():
    """A second Final-Recipient begins the next."""
    crowded = about("failed", "delayed", "delivered").replace("\n\n", "\n")

    assert [outcome.action for outcome in report(crowded).outcomes] == [
        Action.FAILED,
        Action.DELAYED,
        Action.DELIVERED,
    ]


def test_a_machine_part_that_became_a_file_of_no_type_is_read():
    """Relays and mail programs name it details.txt, and call it application/octet-stream."""
    mail = (
        "From: mailer-daemon@gate.example.net\nContent-Type: multipart/mixed; boundary=b\n\n"
        "--b\n\nNot delivered.\n\n--b\nContent-Type: application/octet-stream\n\n"
        f"{about('failed')}\n--b--\n"
    )

    assert read(parse_message(mail.encode())).outcomes[0].recipient == "u0@example.org"


def test_what_several_systems_reported_in_one_mail_is_all_read():
    """Who gathers reports writes a machine part for each."""
    second = "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; b.example\n\n"
    first = "Final-Recipient: rfc822; anna@example.org\nAction: failed\nStatus: 5.1.1\n"
    read_report = report(
        f"Reporting-MTA: dns; a.example\n\n{first}\n{second}{first.replace('anna', 'bea')}"
    )

    recipients = [outcome.recipient for outcome in read_report.outcomes]
    assert recipients == ["anna@example.org", "bea@example.org"]
    assert read_report.generator == "a.example"


def test_ten_thousand_recipients_are_enough():
    """More are not read."""
    assert len(report(about(*["failed"] * 10_050)).outcomes) == 10_000


@pytest.mark.parametrize("encoding", ["quoted-printable", "base64", "x-unknown"])
def test_an_encoded_machine_part_is_decoded(encoding):
    """RFC 3464 forbids it; some do it."""
    head, _, rest = FULL.partition(b"Content-Type: message/delivery-status\n\n")
    status, _, tail = rest.partition(b"\n--=_edge")
    encoded = {
        "quoted-printable": quopri.encodestring,
        "base64": base64.encodebytes,
        "x-unknown": bytes,
    }[encoding](status)
    raw = b"".join(
        [
            head,
            b"Content-Type: message/delivery-status\nContent-Transfer-Encoding: ",
            encoding.encode(),
            b"\n\n",
            encoded,
            b"\n--=_edge",
            tail,
        ]
    )

    assert read(parse_message(raw)).outcomes[0].recipient == "ronald@contoso.com"


OUTCOMES_END = SEVERAL.index(
    b"--9A2C7.1793610908/mail.example.net\nContent-Description: Undelivered"
)


@given(st.integers(OUTCOMES_END, len(SEVERAL)), st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_a_cut_behind_the_outcomes_loses_none(cut, line_end):
    """Of what follows nothing decides who failed."""
    whole = read(parse_message(SEVERAL))
    found = read(parse_message(SEVERAL[:cut].replace(b"\n", line_end)))

    assert whole.outcomes == found.outcomes


@given(st.integers(0, OUTCOMES_END), st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_a_cut_within_the_outcomes_keeps_those_above_it(cut, line_end):
    """A group that stands there whole is read whole, whatever became of the next."""
    groups = [
        SEVERAL.index(
            b"\n\n", SEVERAL.index(b"Action:", SEVERAL.index(b"Final-Recipient: " + name))
        )
        for name in (b"rfc822; anna", b"rfc822; ben", b"rfc822; carla")
    ]
    whole = sum(end <= cut for end in groups)
    found = read(parse_message(SEVERAL[:cut].replace(b"\n", line_end)))
    outcomes = found.outcomes if found else ()

    assert read(parse_message(SEVERAL)).outcomes[:whole] == outcomes[:whole]


FIELD = st.sampled_from(
    [
        "Reporting-MTA",
        "Final-Recipient",
        "Original-Recipient",
        "Action",
        "Status",
        "Diagnostic-Code",
        "Remote-MTA",
    ]
)


@given(st.lists(st.tuples(FIELD, st.text(max_size=60), st.sampled_from(["\n", "\n\n", "\r", ""]))))
def test_no_fields_make_reading_raise(fields):
    """In any order, with anything in them; and what is read says who or why not."""
    found = report("".join(f"{name}: {value}{end}" for name, value, end in fields))

    assert found.outcomes or found.defects


def test_an_original_recipient_that_stands_apart_belongs_to_the_next_group():
    """Gateways to X.400 write a blank line before the name that only they understand."""
    found = report(
        "Reporting-MTA: dns; gate.example.net\n\nOriginal-Recipient: rfc822; anna@example.org\n\n"
        "Final-Recipient: x400; /PN=Anna/PRMD=EXAMPLE/C=CH/\nAction: failed\nStatus: 5.1.1\n\n"
        "Final-Recipient: rfc822; bert@example.org\nAction: failed\nStatus: 5.2.2\n"
    )

    assert [(outcome.recipient, str(outcome.status)) for outcome in found.outcomes] == [
        ("anna@example.org", "5.1.1"),
        ("bert@example.org", "5.2.2"),
    ]


def test_an_original_recipient_with_an_action_is_a_group_of_its_own():
    """Nothing is taken from it for the next."""
    found = report(
        "Original-Recipient: rfc822; anna@example.org\nAction: failed\nStatus: 5.1.1\n\n"
        "Final-Recipient: rfc822; bert@example.org\nAction: failed\nStatus: 5.2.2\n\n"
        "Original-Recipient: rfc822; carl@example.org\n"
    )

    assert [(outcome.recipient, outcome.original_recipient) for outcome in found.outcomes] == [
        ("anna@example.org", "anna@example.org"),
        ("bert@example.org", None),
        ("carl@example.org", "carl@example.org"),
    ]
