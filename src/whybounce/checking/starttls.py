"""Do the domain's mail servers offer encryption, in a version that is still good? RFC 3207, RFC 8996."""

from collections.abc import Sequence

from whybounce.checking.mail_servers import MailServer
from whybounce.vocabulary.cause import CheckName
from whybounce.vocabulary.finding import Answer, Finding

_OLD = {"TLSv1", "TLSv1.1"}  # RFC 8996: nobody should speak them any more.


def starttls(servers: Sequence[MailServer]) -> Finding:
    """Return whether each server that could be asked takes STARTTLS."""
    judged = [finding for server in servers if (finding := _judged(server)) is not None]
    if not judged:
        return Finding(
            CheckName.STARTTLS, Answer.UNKNOWN, "no mail server could be asked", "not-reached"
        )
    worst = min(judged, key=lambda each: _WORST_FIRST.index(each.result))
    evidence = "; ".join(each.evidence for each in judged)
    return Finding(worst.check, worst.answer, evidence, worst.result, worst.values)


_WORST_FIRST = ("not-offered", "failed", "old", "old-too", "pass")


def _judged(server: MailServer) -> Finding | None:
    seen, host = server.encryption, server.host
    if seen is None:
        return None
    check, values = CheckName.STARTTLS, {"remote": host}
    if not seen.is_offered:
        return Finding(
            check, Answer.FAILS, f"{host} does not offer STARTTLS", "not-offered", values
        )
    if seen.trouble:
        evidence = f"{host}: {seen.trouble}"
        return Finding(check, Answer.FAILS, evidence, "failed", {**values, "reason": seen.trouble})
    versions = ", ".join(seen.versions)
    old = [version for version in seen.versions if version in _OLD]
    values["reason"] = ", ".join(old) or versions
    evidence = f"{host} takes {versions}"
    if len(old) == len(seen.versions):
        return Finding(check, Answer.FAILS, evidence, "old", values)
    return Finding(check, Answer.HOLDS, evidence, "old-too" if old else "pass", values)
