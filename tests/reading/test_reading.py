"""Reading: bytes in, a Report out, whatever the bytes were."""

from pathlib import Path

import pytest
from hypothesis import given, strategies as st

import whybounce
from whybounce.reading import read
from whybounce.vocabulary.fix_it_owner import FixItOwner
from whybounce.vocabulary.report import Kind

BOUNCES = Path(__file__).parent / "bounces"
FULL = (BOUNCES / "client-not-authenticated.eml").read_bytes()
ALL = {path.stem: path.read_bytes() for path in sorted(BOUNCES.glob("*.eml"))}


def test_the_seeds_example_reads_as_the_seeds_say(bounce):
    """alpineskihouse.com made the report; mail.contoso.com refused; its administrators must act."""
    diagnosis = whybounce.diagnose(bounce("client-not-authenticated"))
    outcome, explanation = diagnosis.report.outcomes[0], diagnosis.explanations[0]

    assert diagnosis.report.generator == "alpineskihouse.com"
    assert (outcome.recipient, outcome.rejected_by) == ("ronald@contoso.com", "mail.contoso.com")
    assert (explanation.cause, explanation.owner) == (
        "client-not-authenticated",
        FixItOwner.RECIPIENT_ADMIN,
    )


@pytest.mark.parametrize(
    ("name", "causes"),
    [
        ("qmail", ["no-such-mailbox", "domain-does-not-exist"]),
        ("complaint", ["complaint-received"]),
        ("auto-reply-english", ["automatic-reply"]),
        ("challenge", ["challenge-response"]),
        ("read-receipt", ["delivered"]),
    ],
)
def test_what_was_read_can_be_explained(bounce, name, causes):
    """Each outcome by itself; where the kind of the report is the cause, by that."""
    assert causes == [one.cause for one in whybounce.diagnose(bounce(name)).explanations]


def test_a_failure_is_final_and_a_delay_is_not(bounce):
    """Of several recipients each has its own end."""
    diagnosis = whybounce.diagnose(bounce("dsn-groups-without-blank-lines"))

    assert [explanation.permanent for explanation in diagnosis.explanations] == [True, False]


def test_a_complaint_ends_the_mailing_though_the_message_arrived(bounce):
    """RFC 5965: the kind of the report is the cause."""
    explanation = whybounce.diagnose(bounce("complaint")).explanations[0]

    assert explanation.suppress == "address"
    assert whybounce.words(explanation).final == "The message arrived."


@pytest.mark.parametrize("kind", ["not-spam", "Auth-Failure"])
def test_what_only_has_a_complaints_form_does_not_end_the_mailing(bounce, kind):
    """Somebody took a mail out of the spam folder, or a signature failed: RFC 6591."""
    raw = bounce("complaint").replace(b"Feedback-Type: abuse", f"Feedback-Type: {kind}".encode())
    diagnosis = whybounce.diagnose(raw)

    assert diagnosis.report.feedback_type == kind.lower()
    assert diagnosis.explanations[0].suppress == "no"


def test_a_text_that_is_no_mail_is_explained_as_a_text():
    """Decided once: mail or text."""
    diagnosis = whybounce.diagnose("550 5.7.1 Unable to relay")

    assert (diagnosis.report.form, diagnosis.explanations[0].cause) == ("text", "unable-to-relay")


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (b"", "nothing to read"),
        (b"\n\r\n ", "nothing to read"),
        (b"Subject: Lunch\n\nNoon?\n", "no form of bounce that is known here"),
        (b"\x00\xff\xfe", "no form of bounce that is known here"),
    ],
)
def test_what_is_no_bounce_is_said_to_be_none(raw, what):
    """A Report without outcomes, and the reason."""
    report = read(raw)

    assert (report.kind, report.form, report.outcomes) == (Kind.NOT_A_REPORT, None, ())
    assert [what] == [defect.what for defect in report.defects]


def test_the_strictest_form_decides():
    """A machine part is believed before the prose that stands around it."""
    prose = b"This is the qmail-send program at a.example.\n\n<ben@example.org>:\n550 5.1.1 no\n"
    report = read(FULL.replace(b"The message named below did not arrive.\n", prose))

    assert report.form == "rfc3464"
    assert [outcome.recipient for outcome in report.outcomes] == ["ronald@contoso.com"]


@pytest.mark.parametrize("name", ALL)
def test_reading_is_the_same_each_time(name):
    """It knows no clock and keeps nothing."""
    assert read(ALL[name]) == read(bytes(ALL[name]))


@pytest.mark.parametrize("cut", range(0, len(FULL), 23))
def test_a_truncated_bounce_gives_what_it_holds(cut):
    """The recipient is there as soon as its line is."""
    report = read(FULL[:cut])

    if b"Final-Recipient: rfc822;ronald@contoso.com\n" in FULL[:cut]:
        assert report.outcomes[0].recipient == "ronald@contoso.com"
    assert report.outcomes or report.defects


@given(st.binary(max_size=2000))
def test_no_bytes_make_reading_raise(raw):
    """Whatever arrives, read() returns a report with an outcome or a defect."""
    report = read(raw)

    assert report.outcomes or report.defects


@given(
    st.sampled_from(sorted(ALL)),
    st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 40), st.binary(max_size=12)),
        min_size=1,
        max_size=6,
    ),
)
def test_no_damage_makes_reading_or_explaining_raise(name, cuts):
    """A bounce cut, spliced and overwritten is still answered."""
    raw = ALL[name]
    for where, length, put in cuts:
        at = int(where * len(raw))
        raw = raw[:at] + put + raw[at + length :]
    diagnosis = whybounce.diagnose(raw)

    assert len(diagnosis.report.outcomes) == len(diagnosis.explanations)


@given(st.sampled_from(sorted(ALL)), st.sampled_from(sorted(ALL)), st.floats(0, 1), st.floats(0, 1))
def test_two_halves_of_different_mails_make_nothing_raise(head, tail, end, begin):
    """Archives and mail programs do that."""
    raw = ALL[head][: int(end * len(ALL[head]))] + ALL[tail][int(begin * len(ALL[tail])) :]
    diagnosis = whybounce.diagnose(raw)

    assert len(diagnosis.report.outcomes) == len(diagnosis.explanations)


def test_a_bounce_that_returns_an_attachment_of_15_megabytes_reads_as_the_bounce_alone(bounce):
    """What is not read is not looked at."""
    raw = bounce("dsn-better-code-in-the-reply")
    large = raw.replace(b"Noon?\n", b"AbCdEf0123456789" * 960_000 + b"\n")

    assert read(large) == read(raw)


@pytest.mark.parametrize(
    ("named", "first_hop"), [("Reporting-MTA: dns; mx.example.org\n", None), ("", "relay.example")]
)
def test_the_own_trace_is_read_of_a_report_that_does_not_say_who_made_it(named, first_hop):
    """The step stands nearest to who made it; a report that names its generator needs no guess."""
    report = read(
        b"Received: from relay.example by mx.example.com; Sun, 1 Nov 2026 10:00:00 +0000\n"
        b"From: mailer-daemon@example.org\nContent-Type: message/delivery-status\n\n"
        + named.encode()
        + b"Arrival-Date: Sun, 1 Nov 2026 09:59:00 +0000\n\n"
        b"Final-Recipient: rfc822; anna@example.org\nAction: failed\nStatus: 5.1.1\n"
    )

    assert (report.first_hop.from_ if report.first_hop else None) == first_hop
