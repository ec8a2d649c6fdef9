"""Does each mail server's certificate prove its name? RFC 5280, RFC 9525.

Trusted is what this machine's own authorities vouch for. A server whose key its TLSA record names needs
neither them nor a date (RFC 7672 §3.1.1): that is told by ``proven``.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from cryptography import x509

from whybounce.checking.certificates import is_for, loaded, shown
from whybounce.checking.mail_servers import MailServer
from whybounce.vocabulary.cause import CheckName
from whybounce.vocabulary.finding import Answer, Finding

_SOON = timedelta(days=14)


def certificate(
    servers: Sequence[MailServer], now: datetime, *, proven: Collection[str] = ()
) -> Finding:
    """Return whether each server that showed a certificate showed one that holds for its name.

    Args:
        servers: As they showed themselves.
        now: The time that must be within its dates.
        proven: Hosts whose TLSA records vouch for what they showed.

    """
    judged = [
        _judged(server, now, is_proven=server.host in proven)
        for server in servers
        if server.encryption is not None and server.encryption.chain
    ]
    if not judged:
        evidence = "no mail server showed a certificate"
        return Finding(CheckName.CERTIFICATE, Answer.UNKNOWN, evidence, "not-shown")
    worst = min(judged, key=lambda each: _WORST_FIRST.index(each.result))
    evidence = "; ".join(each.evidence for each in judged)
    return Finding(worst.check, worst.answer, evidence, worst.result, worst.values)


_WORST_FIRST = (
    "unreadable", "expired", "not-yet-valid", "name", "self-signed", "untrusted", "soon", "by-dane", "pass",
)  # fmt: skip


def _judged(server: MailServer, now: datetime, *, is_proven: bool) -> Finding:
    seen, host = server.encryption, server.host
    assert seen is not None  # noqa: S101  # whoever calls has seen to it
    check = CheckName.CERTIFICATE
    own = next(iter(loaded(seen.chain[:1])), None)
    if own is None:
        evidence = f"the certificate of {host} cannot be read"
        return Finding(check, Answer.FAILS, evidence, "unreadable", {"remote": host})
    evidence = f"{host}: {shown(own)}"
    if seen.distrust:
        evidence += f"; {seen.distrust}"
    result = "by-dane" if is_proven and seen.distrust else _result(own, seen.distrust, host, now)
    answer = Answer.HOLDS if result in {"pass", "soon", "by-dane"} else Answer.FAILS
    values = {"remote": host, "reason": _reason(result, own, seen.distrust)}
    return Finding(check, answer, evidence, result, values)


def _result(own: x509.Certificate, distrust: str, host: str, now: datetime) -> str:
    if now > own.not_valid_after_utc:
        return "expired"
    if now < own.not_valid_before_utc:
        return "not-yet-valid"
    if not is_for(own, (host,)):
        return "name"
    if distrust:
        return "self-signed" if own.issuer == own.subject else "untrusted"
    return "soon" if own.not_valid_after_utc - now < _SOON else "pass"


def _reason(result: str, own: x509.Certificate, distrust: str) -> str:
    """Return what a person is told about it: a date, the names, who issued it."""
    told = shown(own)
    if result in {"expired", "soon"}:
        return f"{told.ends:%Y-%m-%d}"
    if result == "not-yet-valid":
        return f"{told.begins:%Y-%m-%d}"
    if result == "name":
        return ", ".join(told.names[:4]) or told.subject
    return distrust if result == "untrusted" else told.issuer
