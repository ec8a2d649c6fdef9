"""What of the original goes back, and that it goes back octet for octet or not at all."""

import pytest

import whybounce
from notices import ORIGINAL, delayed, diagnosed, failed
from strict_report import Entity, parse, violations
from whybounce.vocabulary.outcome import Action, Outcome
from whybounce.vocabulary.report import Diagnosis, Kind
from whybounce.vocabulary.status_code import StatusCode

EIGHT_BIT = ORIGINAL.replace(b"Dear Anna", "Liebe Änne".encode())
INTERNATIONAL = ORIGINAL.replace(b"Quarterly numbers", "Zahlen für Q1".encode())
LONG_LINE = ORIGINAL + b"x" * 999 + b"\r\n"
LONGEST_LINE = ORIGINAL + b"x" * 998 + b"\r\n"


def returned(
    diagnosis: Diagnosis | None = None, original: bytes = ORIGINAL, **options: object
) -> Entity:
    """Return the third part."""
    notice = whybounce.write(diagnosis or diagnosed(failed()), original=original, **options)
    assert violations(notice, unicode=True) == []
    return parse(notice).children[2]


def test_a_failure_returns_the_whole_original():
    """Octet for octet."""
    part = returned()

    assert part.kind == "message/rfc822"
    assert part.body == ORIGINAL


def test_the_sender_may_ask_for_the_header_only():
    """RET=HDRS, RFC 3461 §4.3."""
    part = returned(returns="HDRS")

    assert part.kind == "text/rfc822-headers"
    assert part.body == ORIGINAL.partition(b"\r\n\r\n")[0] + b"\r\n"


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        (delayed(), Kind.DELAY),
        (Outcome("a@example.org", action=Action.DELIVERED, status=StatusCode(2, 1, 5)), Kind.SUCCESS),
        (Outcome("a@example.org", action=Action.RELAYED, status=StatusCode(2, 0, 0)), Kind.RELAYED),
        (Outcome("a@example.org", action=Action.EXPANDED, status=StatusCode(2, 0, 0)), Kind.EXPANDED),
    ],
)  # fmt: skip
def test_only_failures_return_it_whole(outcome, kind):
    """Even where RET=FULL asked for it: RFC 3461 §4.3."""
    part = returned(diagnosed(outcome, kind=kind), returns="FULL")

    assert part.kind == "text/rfc822-headers"


@pytest.mark.parametrize(
    ("original", "options", "kind"),
    [
        (EIGHT_BIT, {}, "message/rfc822"),
        (EIGHT_BIT, {"eight_bit": False}, "text/rfc822-headers"),
        (INTERNATIONAL, {}, "message/global"),
        (INTERNATIONAL, {"returns": "HDRS"}, "message/global-headers"),
        (INTERNATIONAL, {"smtputf8": False}, "text/rfc822-headers"),
        (INTERNATIONAL, {"eight_bit": False}, "text/rfc822-headers"),
        (ORIGINAL.replace(b"Anna", b"\xe4nna"), {}, "text/rfc822-headers"),
        (LONG_LINE, {}, "text/rfc822-headers"),
        (LONGEST_LINE, {}, "message/rfc822"),
        (ORIGINAL + b"bare\nline feed\r\n", {}, "text/rfc822-headers"),
        (ORIGINAL + b"bare\rcarriage return\r\n", {}, "text/rfc822-headers"),
        (ORIGINAL + b"\0", {}, "text/rfc822-headers"),
        (ORIGINAL, {"return_limit": len(ORIGINAL)}, "message/rfc822"),
        (ORIGINAL, {"return_limit": len(ORIGINAL) - 1}, "text/rfc822-headers"),
    ],
)
def test_what_cannot_travel_unchanged_is_cut_down_to_its_header(original, options, kind):
    """A message/rfc822 part is never encoded, and has no line that mail may not have."""
    part = returned(original=original, **options)

    assert part.kind == kind
    if part.kind in {"message/rfc822", "message/global"}:
        assert part.body == original
    else:
        assert part.decoded() == original.partition(b"\r\n\r\n")[0] + b"\r\n"


def test_a_report_says_how_wide_it_is():
    """An original of eight bits makes a report of eight bits, down to it."""
    notice = parse(whybounce.write(diagnosed(failed()), original=EIGHT_BIT))

    assert [notice.encoding, *(part.encoding for part in notice.children)] == [
        "8bit", "7bit", "7bit", "8bit",
    ]  # fmt: skip


def test_a_file_with_unix_line_ends_is_taken_as_it_is_meant():
    """What has no CRLF at all never came over the network."""
    assert returned(original=ORIGINAL.replace(b"\r\n", b"\n")).body == ORIGINAL


def test_an_internationalised_original_makes_a_global_status_part():
    """Instead of the other, and with addresses as they are. RFC 6533."""
    outcome = failed("änne@bücher.example", original_recipient="team@example.org")
    notice = parse(whybounce.write(diagnosed(outcome), original=INTERNATIONAL), unicode=True)
    status = notice.children[1]

    assert status.kind == "message/global-delivery-status"
    assert "Final-Recipient: utf-8; änne@bücher.example\r\n".encode() in status.body
    assert b"Original-Recipient: rfc822; team@example.org\r\n" in status.body


def test_other_originals_have_addresses_escaped():
    """In the seven-bit form of RFC 6533 §3."""
    notice = whybounce.write(diagnosed(failed("änne+a@example.org")), original=ORIGINAL)

    assert rb"Final-Recipient: utf-8; \x{E4}nne\x{2B}a@example.org" in notice
    assert whybounce.read(notice).outcomes[0].recipient == "änne+a@example.org"
