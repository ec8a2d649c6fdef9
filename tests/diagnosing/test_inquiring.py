"""What live checks are to ask about a bounce, and what they then say of its causes."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from msgspec import structs

import whybounce
from whybounce.catalogue import catalogue
from whybounce.diagnosing.inquiring import ABOUT, inquiries, inquiries_of, known_of
from whybounce.explaining import change
from whybounce.vocabulary.cause import CheckName
from whybounce.vocabulary.explanation import Confidence
from whybounce.vocabulary.finding import Answer, Change, Finding, Inquiry
from whybounce.wording import Speaker

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
BOUNCE = b"""\
From: MAILER-DAEMON@mail.sender.example
Date: Fri, 20 Nov 2026 10:00:00 +0000
Content-Type: multipart/report; report-type=delivery-status; boundary=x
MIME-Version: 1.0

--x
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.sender.example

Final-Recipient: rfc822; anna@contoso.example
Action: failed
Status: 5.7.26
Diagnostic-Code: smtp; 550-5.7.26 This mail has been blocked because the sender is unauthenticated

--x
Content-Type: message/rfc822

From: Bob <bob@sender.example>
Received-SPF: fail client-ip=192.0.2.10; envelope-from=bob@sender.example
DKIM-Signature: v=1; a=rsa-sha256; d=other.example; s=no; bh=x; b=y; h=from
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;
 d=sender.example; s=s7; bh=x; b=y; h=from

Hi
--x--
"""


def test_the_message_that_came_back_says_of_whom_to_ask():
    """The author's domain, the key that signed for it, the address that sent."""
    (asked,) = inquiries_of(whybounce.diagnose(BOUNCE), catalogue())

    assert asked == (
        Inquiry(
            "sender.example",
            frozenset({CheckName.SPF, CheckName.DKIM, CheckName.DMARC}),
            selectors=("s7",),
            client="192.0.2.10",
        ),
    )


def test_whom_the_bounce_does_not_name_nobody_asks_about():
    """And no block list is asked that the reply does not name by its zone."""
    causes = catalogue().causes.values()

    assert inquiries(causes, {}) == ()
    assert all(
        not each.lists for each in inquiries(causes, {"ip": "192.0.2.1", "list": "Spamhaus"})
    )
    (listed,) = inquiries(causes, {"ip": "192.0.2.1", "list": "zen.spamhaus.org"})
    assert listed.lists == ("zen.spamhaus.org",)


def test_every_check_but_one_has_somebody_it_is_about():
    """Whether a recipient is taken, only a gateway asks."""
    assert set(CheckName) - set(ABOUT) == {CheckName.RECIPIENT_ACCEPTED}


@pytest.mark.parametrize(
    "headers", [[("DKIM-Signature", "d=sender.example; s=a b`; h=x")], [("DKIM-Signature", "s" * 9000)], [("x", "")]]
)  # fmt: skip
def test_a_stranger_s_header_names_no_more_than_names(headers):
    """What is no selector is none."""
    known = known_of({}, author="<bob@sender.example>", headers=headers)

    assert known.get("selectors", "a") == "a"


def answered(*answers: tuple[str, str], text: str = BOUNCE) -> whybounce.Diagnosis:
    """Return the diagnosis with these answers to whatever is asked."""
    diagnosis = whybounce.diagnose(text)
    findings = tuple(
        Finding(CheckName(name), Answer(answer), "seen", "pass") for name, answer in answers
    )
    asked = {each: findings for one in inquiries_of(diagnosis, catalogue()) for each in one}
    return whybounce.confirmed(diagnosis, asked, at=NOW)


ANSWERS: Sequence[tuple[tuple[tuple[str, str], ...], Change, str]] = (
    ((("spf", "fails"), ("dkim", "holds"), ("dmarc", "holds")), Change.CONFIRMED, "can explain it"),
    ((("spf", "holds"), ("dkim", "holds"), ("dmarc", "holds")), Change.CLEARED, "Send again."),
    ((("spf", "holds"), ("dkim", "unknown"), ("dmarc", "holds")), Change.UNKNOWN, "neither"),
    ((("spf", "holds"),), Change.UNKNOWN, "Could not be asked from here"),
)


@pytest.mark.parametrize("answers, said, words", ANSWERS)
def test_findings_confirm_clear_or_leave_open(answers, said, words):
    """And it is told of when that is, and that the day of the bounce was another."""
    (explanation,) = answered(*answers).explanations
    found = explanation.confirmation
    assert found is not None
    told = " ".join(Speaker(catalogue(), "en").confirmation(found))

    assert found.change is said
    assert words in told
    assert (
        "as of 2026-11-21 12:00 (UTC). On 2026-11-20 10:00 (UTC), when the mail came back" in told
    )


def test_what_only_the_other_side_can_tell_is_never_cleared():
    """A mailbox that may not exist: MX records in order say nothing of it."""
    text = "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient anna@contoso.example not found"
    (explanation,) = answered(("mx-record", "holds"), text=text).explanations
    assert explanation.confirmation is not None

    assert explanation.confirmation.change is Change.UNKNOWN
    assert explanation.confirmation.lacking == (CheckName.RECIPIENT_ACCEPTED,)


@pytest.mark.parametrize(
    "failing, cause, confidence",
    [
        (("spf",), "spf-violation", Confidence.LIKELY),
        (("null-mx",), "sender-null-mx", Confidence.LIKELY),
        (("spf", "null-mx"), None, Confidence.AMBIGUOUS),
        ((), None, Confidence.AMBIGUOUS),
    ],
)
def test_findings_decide_between_readings_and_make_none_certain(failing, cause, confidence):
    """A code that means several things: what fails today may point to one of them."""
    before = whybounce.explain("5.7.27 <bob@sender.example>")
    known = {**before.parameters, "sender_domain": "sender.example", "domain": "sender.example"}
    before = structs.replace(before, confidence=Confidence.AMBIGUOUS, parameters=known)
    diagnosis = whybounce.Diagnosis(whybounce.Report(), (before,))
    findings = tuple(Finding(CheckName(each), Answer.FAILS, "seen", "none") for each in failing)
    found = {each: findings for one in inquiries_of(diagnosis, catalogue()) for each in one}
    assert found

    (after,) = whybounce.confirmed(diagnosis, found, at=NOW).explanations

    assert (after.cause, after.confidence) == (cause or before.cause, confidence)


def test_a_record_that_asks_for_reports_confirms_nothing():
    """It keeps no mail back, though causes name it as worth having."""
    cause = catalogue().causes["mta-sts-certificate"]
    broken = Finding(CheckName.TLS_RPT, Answer.FAILS, "two records", "mistake")

    assert CheckName.TLS_RPT in cause.checks
    assert change(cause, [broken]) is Change.UNKNOWN
