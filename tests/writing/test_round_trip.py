"""What we write, we can read: and so can others. The best test that writing has."""

from base64 import b64encode
from datetime import timedelta
from email import message_from_bytes, policy
from itertools import count

import pytest
from flufl.bounce import scan_message
from hypothesis import HealthCheck, given, settings, strategies as st

import whybounce
from notices import NOON, ORIGINAL, delayed, diagnosed, failed
from strict_report import violations
from whybounce.vocabulary.outcome import Action, Outcome
from whybounce.vocabulary.report import Kind
from whybounce.vocabulary.status_code import StatusCode

STYLES = ("modern", "classic")

KINDS = {
    Kind.FAILURE: failed(),
    Kind.DELAY: delayed(),
    Kind.SUCCESS: Outcome("gina@example.org", action=Action.DELIVERED, status=StatusCode(2, 1, 5)),
    Kind.RELAYED: Outcome("gina@example.org", action=Action.RELAYED, status=StatusCode(2, 1, 9)),
    Kind.EXPANDED: Outcome("list@example.org", action=Action.EXPANDED, status=StatusCode(2, 0, 0)),
}


def facts(report):
    """Return what must come back from a report."""
    return (report.kind, report.generator, report.date, report.arrival_date, report.envelope_id), [
        (
            outcome.recipient,
            outcome.original_recipient,
            outcome.action,
            outcome.status,
            str(outcome.reply or ""),
            str(outcome.reply.innermost) if outcome.reply else "",
            outcome.remote,
            outcome.last_attempt,
            outcome.will_retry_until,
        )
        for outcome in report.outcomes
    ]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_every_kind_comes_back_as_it_was(kind, style):
    """Kind, generator, dates, and each fact about the recipient; no rule is broken."""
    diagnosis = diagnosed(
        KINDS[kind], kind=kind, arrival_date=NOON - timedelta(seconds=9), envelope_id="QQ314159"
    )

    notice = whybounce.write(diagnosis, original=ORIGINAL, style=style)

    assert violations(notice) == []
    assert facts(whybounce.read(notice)) == facts(diagnosis.report)
    assert whybounce.read(notice).original.subject == "Quarterly numbers"
    assert whybounce.read(notice).original.message_id == "<20260301.1@alpine.example>"
    assert len(whybounce.read(notice).hops) == 2


_LETTERS = st.sampled_from("abcäöüßéñøжщλ中文日本語กعםहि+=.-_'")
_LOCAL_PARTS = st.text(_LETTERS, min_size=1, max_size=20).map(lambda text: f"a{text}z")
_DOMAINS = st.sampled_from(["example.org", "mail.example.net", "bücher.example", "例え.example"])
_REPLIES = st.sampled_from(
    [
        "550 5.1.1 User unknown",
        "552 5.2.2 Mailbox full, see https://example.org/help?a=1&b=2",
        "554 5.7.1 Message rejected -> 550 5.7.1 Spam detected",
        "550 5.7.1 Denied",
        "451 4.4.2 Timeout",
        "599 5.9.9 quux",
        "550 5.6.0 " + "word " * 300,
        "550 5.1.1 " + "x" * 900,
        "550 5.7.1 <script>alert('x')</script> & more",
    ]
)


@st.composite
def outcomes(draw):
    """Return the outcome of one recipient, in trouble or not."""
    recipient = f"{draw(_LOCAL_PARTS)}@{draw(_DOMAINS)}"
    action = draw(st.sampled_from([Action.FAILED, Action.FAILED, Action.DELAYED, Action.DELIVERED]))
    if action is Action.DELIVERED:
        return Outcome(recipient, action=action, status=StatusCode(2, 1, 5), last_attempt=NOON)
    if action is Action.DELAYED:
        return delayed(recipient)
    written_to = draw(st.sampled_from([None, "team@example.org", "größe@example.org"]))
    return failed(recipient, draw(_REPLIES), original_recipient=written_to)


@given(
    st.lists(outcomes(), min_size=1, max_size=50),
    st.text(min_size=0, max_size=120).filter(lambda text: text.isprintable()),
    st.sampled_from(STYLES),
    st.booleans(),
)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_recipients_and_subjects_come_back(given_outcomes, subject, style, smtputf8):
    """One to fifty, of any alphabet, internationalised mail or not."""
    original = ORIGINAL.replace(b"Quarterly numbers", subject.encode("utf-8", "replace"))
    diagnosis = diagnosed(*given_outcomes)

    notice = whybounce.write(diagnosis, original=original, style=style, smtputf8=smtputf8)
    report = whybounce.read(notice)

    assert violations(notice, unicode=smtputf8) == []
    told, again = facts(diagnosis.report)[1], facts(report)[1]
    assert told == again


@pytest.mark.parametrize("style", STYLES)
def test_others_find_the_same_recipients(style):
    """flufl.bounce, which mailing list managers use."""
    names = [f"member{number}@example.org" for number in range(50)]
    diagnosis = diagnosed(*map(failed, names), delayed("late@example.edu"))

    notice = whybounce.write(diagnosis, original=ORIGINAL, style=style)
    found = scan_message(message_from_bytes(notice))

    assert {address.decode() for address in found} == set(names)


def test_others_find_who_is_delayed():
    """As a failure for now."""
    notice = whybounce.write(diagnosed(delayed(), kind=Kind.DELAY), original=ORIGINAL)
    found = scan_message(message_from_bytes(notice))

    assert not found


def test_pythons_own_reader_finds_no_defect():
    """The email package, with today's policy."""
    parsed = message_from_bytes(
        whybounce.write(diagnosed(failed()), original=ORIGINAL), policy=policy.default
    )

    assert [part.defects for part in parsed.walk() if part.defects] == []
    assert parsed.get_content_type() == "multipart/report"


def test_a_japanese_original_comes_back_octet_for_octet():
    """ISO-2022-JP is seven bits; its subject stands decoded in ours."""
    subject = b"=?ISO-2022-JP?B?" + b64encode("月例の報告".encode("iso-2022-jp")) + b"?="
    original = ORIGINAL.replace(b"Quarterly numbers", subject).replace(
        b"here they are.", "四半期の数字".encode("iso-2022-jp")
    )

    notice = whybounce.write(diagnosed(failed()), original=original)

    assert violations(notice) == []
    assert original in notice
    assert whybounce.read(notice).original.subject == "月例の報告"
    assert "月例の報告" in message_from_bytes(notice, policy=policy.default)["subject"]


@pytest.mark.parametrize("original", [b"\r\nOnly a body.\r\n", b"", b"no header at all"])
def test_an_original_without_header_makes_a_report_of_two_parts(original):
    """There is nothing to return; the rest stands."""
    notice = whybounce.write(diagnosed(failed()), original=original, to="bob@alpine.example")

    assert violations(notice) == []
    assert facts(whybounce.read(notice)) == facts(diagnosed(failed()).report)


def test_without_an_original_its_known_header_goes_back():
    """A report that was read knows the header only."""
    first = whybounce.write(diagnosed(failed()), original=ORIGINAL)
    again = whybounce.write(whybounce.diagnose(first))

    assert violations(again) == []
    assert facts(whybounce.read(again)) == facts(whybounce.read(first))
    assert whybounce.read(again).original == whybounce.read(first).original


def test_an_original_of_twenty_megabytes_goes_back_as_its_header():
    """Nothing of its body is copied."""
    original = ORIGINAL + b"All work and no play makes a large mail.\r\n" * 480_000

    notice = whybounce.write(diagnosed(failed()), original=original)

    assert violations(notice) == []
    assert len(original) > 20_000_000
    assert len(notice) < 60_000
    assert whybounce.read(notice).original.subject == "Quarterly numbers"


def test_a_large_original_goes_back_whole_where_that_is_wanted():
    """The limit is the caller's."""
    original = ORIGINAL + b"A line.\r\n" * 200_000

    notice = whybounce.write(diagnosed(failed()), original=original, return_limit=10_000_000)

    assert original in notice
    assert violations(notice) == []


def test_the_same_input_gives_the_same_bytes():
    """No clock, no chance."""
    notices = {whybounce.write(diagnosed(failed()), original=ORIGINAL) for _ in range(3)}

    assert len(notices) == 1


def test_another_input_gives_another_name():
    """Message-ID and boundary are made of the content."""
    number = count()
    notices = [
        whybounce.write(diagnosed(failed(f"anna{next(number)}@example.org")), original=ORIGINAL)
        for _ in range(20)
    ]

    assert len({message_from_bytes(notice)["Message-ID"] for notice in notices}) == 20
