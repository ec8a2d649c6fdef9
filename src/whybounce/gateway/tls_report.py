"""TLS reports to other domains: how encrypted mail to them went on a day. RFC 8460 §4.

Pure: sessions and failures in, the reports' JSON out. A session by which many messages went counts for
each of them. A policy that could not be had is no session: each try at it counts as a failure.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from whybounce.checking.mta_sts import StsPolicy
from whybounce.gateway.tls_sessions import PolicyFailure, TlsSession
from whybounce.wire.times import timestamp

Json = dict[str, Any]

# RFC 8460 §4.3. What is not here concerns the connection or the mail, and not its encryption.
_RESULTS = {
    "starttls-not-supported": "starttls-not-supported",
    "certificate-expired": "certificate-expired",
    "certificate-host-mismatch": "certificate-host-mismatch",
    "tlsa-invalid": "tlsa-invalid",
    "dnssec-invalid": "dnssec-invalid",
    "dns-query-failed": "dnssec-invalid",  # Of TLSA records alone: see _result.
    "mta-sts-certificate": "certificate-not-trusted",
    "mta-sts-mx-mismatch": "validation-failure",
    "tls-handshake-failed": "validation-failure",
}
# What OpenSSL says of a certificate tells more than that it is not trusted.
_SAID = {
    "Hostname mismatch": "certificate-host-mismatch",
    "certificate has expired": "certificate-expired",
}
_LONGEST_REASON = 500


def tls_reports(
    sessions: Iterable[TlsSession],
    failures: Iterable[PolicyFailure],
    policies: Mapping[str, StsPolicy],
    *,
    day: date,
    organisation: str,
    contact: str,
    host: str,
) -> list[Json]:
    """Return a report for each domain that mail was sent to, in their order.

    Args:
        sessions: Those of the day.
        failures: The tries at MTA-STS policies that failed on that day.
        policies: The MTA-STS policies that are known, by domain.
        day: Which, UTC.
        organisation: Who reports.
        contact: Whom to ask about it: an address.
        host: The name of the system that sent, in the reports' ids.

    """
    by_domain: defaultdict[str, list[TlsSession]] = defaultdict(list)
    for session in sessions:
        by_domain[session.domain].append(session)
    failed: defaultdict[str, list[PolicyFailure]] = defaultdict(list)
    for failure in failures:
        failed[failure.domain].append(failure)
    begin = datetime.combine(day, time.min, UTC)
    end = datetime.combine(day, time(23, 59, 59), UTC)
    return [
        {
            "organization-name": organisation,
            "date-range": {
                "start-datetime": timestamp(begin),
                "end-datetime": timestamp(end),
            },
            "contact-info": contact,
            "report-id": f"{day.isoformat()}.{domain}@{host}",
            "policies": found,
        }
        for domain in sorted(by_domain.keys() | failed.keys())
        if (found := _policies(domain, by_domain[domain], failed[domain], policies.get(domain)))
    ]


def _policies(
    domain: str,
    sessions: Iterable[TlsSession],
    failures: list[PolicyFailure],
    kept: StsPolicy | None,
) -> list[Json]:
    by_type: defaultdict[str, list[TlsSession]] = defaultdict(list)
    for session in sessions:
        if session.is_encrypted or _result(session) is not None:
            by_type[_type(session)].append(session)
    if failures:
        by_type.setdefault("sts", [])
    return [
        _policy(kind, domain, theirs, failures if kind == "sts" else [], kept)
        for kind, theirs in sorted(by_type.items())
    ]


def _policy(
    kind: str,
    domain: str,
    sessions: list[TlsSession],
    unfetched: list[PolicyFailure],
    kept: StsPolicy | None,
) -> Json:
    hosts = sorted({each.host for each in sessions})
    described: Json = {"policy-type": kind, "policy-domain": domain}
    if kind == "sts" and kept is not None:
        described |= {"policy-string": list(kept.lines), "mx-host": list(kept.mx)}
    elif kind == "tlsa":
        described["mx-host"] = hosts
    failures = Counter(
        (result, each.host, each.address, _reason(each))
        for each in sessions
        if (result := _result(each)) is not None
    )
    failed = failures.total()
    tries = Counter((each.result, each.why[:_LONGEST_REASON]) for each in unfetched)
    return {
        "policy": described,
        "summary": {
            "total-successful-session-count": len(sessions) - failed,
            "total-failure-session-count": failed + tries.total(),
        },
        "failure-details": [
            *(_failure(*failure, count) for failure, count in failures.items()),
            *(_try(*failure, count) for failure, count in tries.items()),
        ],
    }


def _failure(result: str, host: str, address: str | None, reason: str, count: int) -> Json:
    where = {} if address is None else {"receiving-ip": address}
    return {
        "result-type": result,
        "receiving-mx-hostname": host,
        **where,
        "failed-session-count": count,
        "failure-reason-code": reason,
    }


def _try(result: str, why: str, count: int) -> Json:
    return {"result-type": result, "failed-session-count": count, "failure-reason-code": why}


def _type(session: TlsSession) -> str:
    if session.policy.startswith("dane"):
        return "tlsa"
    return "sts" if session.policy.startswith("mta-sts") else "no-policy-found"


def _result(session: TlsSession) -> str | None:
    """Return RFC 8460's word for what failed; None where the encryption did not."""
    if session.policy == "mta-sts-testing-mismatch":
        return "validation-failure"
    cause, _, evidence = (session.fault or "").partition(": ")
    if session.policy == "dane-unusable" and not cause:
        return "tlsa-invalid"  # Encrypted all the same, for RFC 7672 §2.2 asks no more.
    if cause == "dns-query-failed" and not session.policy.startswith("dane"):
        return None
    result = _RESULTS.get(cause)
    if cause == "mta-sts-certificate":
        said = (word for words, word in _SAID.items() if evidence.startswith(words))
        return next(said, result)
    return result


def _reason(session: TlsSession) -> str:
    return (session.fault or session.policy).partition(": ")[2][:_LONGEST_REASON]
