"""The machine part: RFC 3464, and for internationalised messages its global form, RFC 6533.

Each field stands where its condition holds and nowhere else; the order is the RFC's.
"""

from collections.abc import Iterator

from whybounce.notation import escape_address, write_reply
from whybounce.vocabulary.notice import NoticeError
from whybounce.vocabulary.outcome import Action, Outcome
from whybounce.vocabulary.report import Report
from whybounce.vocabulary.status_code import StatusCode
from whybounce.writing.header import date, field, one_line

_LONGEST_REPLY = 4_096

# RFC 3463 §3.1: what is said where nobody gave a better code.
_UNSPECIFIED = {
    Action.FAILED: StatusCode(5, 0, 0),
    Action.DELAYED: StatusCode(4, 0, 0),
    Action.DELIVERED: StatusCode(2, 0, 0),
    Action.RELAYED: StatusCode(2, 0, 0),
    Action.EXPANDED: StatusCode(2, 0, 0),
}


def write(report: Report, *, unicode: bool, gateway: str | None = None) -> str:
    """Return the body of the machine part. Every outcome has its recipient and action.

    Args:
        report: Whose ``generator`` is the Reporting-MTA.
        unicode: Whether the part is ``message/global-delivery-status``: UTF-8 as it is.
            Otherwise everything is ASCII, other alphabets escaped as RFC 6533 §3 says.
        gateway: The host that translates another system's report into this. RFC 3464 §2.2.3.

    """
    groups = [_about_message(report, gateway)]
    groups += [_about_recipient(outcome, report, unicode=unicode) for outcome in report.outcomes]
    return "\r\n".join("".join(group) for group in groups)


def _about_message(report: Report, gateway: str | None) -> Iterator[str]:
    """Yield the fields of RFC 3464 §2.2."""
    if report.generator is None:
        raise NoticeError("the report names no generator, the host that reports")
    if report.envelope_id:  # §2.2.1: only where the sender gave an ENVID.
        yield field("Original-Envelope-Id", _ascii(report.envelope_id))
    yield field("Reporting-MTA", _host(report.generator))
    if gateway and gateway.lower() != report.generator.lower():
        yield field("DSN-Gateway", _host(gateway))
    if report.received_from:
        yield field("Received-From-MTA", _host(report.received_from))
    if report.arrival_date:
        yield field("Arrival-Date", date(report.arrival_date))


def _about_recipient(outcome: Outcome, report: Report, *, unicode: bool) -> Iterator[str]:
    """Yield the fields of RFC 3464 §2.3."""
    action = outcome.action or Action.FAILED
    if outcome.original_recipient:  # §2.3.1: only where the sender gave an ORCPT.
        yield field("Original-Recipient", _address(outcome.original_recipient, unicode=unicode))
    yield field("Final-Recipient", _address(outcome.recipient or "", unicode=unicode))
    yield field("Action", action)
    yield field("Status", str(status_of(outcome)))
    remote = outcome.remote
    if remote and outcome.reply and remote != report.generator:  # §2.3.5: only if a remote spoke.
        yield field("Remote-MTA", _host(remote))
    if outcome.reply and (said := write_reply(outcome.reply)):
        # §2.3.6: the type smtp is for replies with their three digits.
        kind = "smtp" if outcome.reply.code else "x-whybounce"
        said = one_line(said[:_LONGEST_REPLY])
        yield field("Diagnostic-Code", f"{kind}; {said if unicode else _ascii(said)}")
    if outcome.last_attempt:
        yield field("Last-Attempt-Date", date(outcome.last_attempt))
    if outcome.final_log_id:
        yield field("Final-Log-ID", _ascii(outcome.final_log_id))
    if outcome.will_retry_until and action is Action.DELAYED:  # §2.3.9.
        yield field("Will-Retry-Until", date(outcome.will_retry_until))


def status_of(outcome: Outcome) -> StatusCode:
    """Return the outcome's code; where nobody gave a fitting one, the one that says only the class.

    Failures of class 4 are messages whose time ran out; nothing else may contradict the action.
    """
    action = outcome.action or Action.FAILED
    unspecified = _UNSPECIFIED[action]
    fitting = {4, 5} if action is Action.FAILED else {unspecified.class_}
    said = outcome.reply.status if outcome.reply else None
    return next(
        (one for one in (outcome.status, said) if one and one.class_ in fitting), unspecified
    )


def _host(name: str) -> str:
    """Type a host's name: dns where it is one. RFC 3464 §2.1.2 leaves x- to everybody."""
    name = one_line(name)
    return f"dns; {name}" if name.isascii() and " " not in name else f"x-local; {_ascii(name)}"


def _address(address: str, *, unicode: bool) -> str:
    address = one_line(address)
    if address.isascii():
        return f"rfc822; {address}"
    return f"utf-8; {address if unicode else escape_address(address)}"


def _ascii(text: str) -> str:
    r"""Escape the words that are of other alphabets, as addresses are: ``\x{E4}``."""
    if text.isascii():
        return text
    return " ".join(word if word.isascii() else escape_address(word) for word in text.split(" "))
