"""Do the domain's mail servers keep what its MTA-STS policy promises? RFC 8461 §4."""

from collections.abc import Sequence

from whybounce.checking.lookups import Asking, Records
from whybounce.checking.mail_servers import MailServer
from whybounce.checking.mta_sts import Mode, StsPolicy, Unreadable, read_record
from whybounce.checking.mta_sts_host import PolicyHosts
from whybounce.vocabulary.cause import CheckName
from whybounce.vocabulary.finding import Answer, Finding

_CHECK = CheckName.MTA_STS


async def policy_of(resolver: Asking, domain: str, policies: PolicyHosts) -> StsPolicy | Finding:
    """Return the domain's policy, or what is said where there is none that can be read."""
    records = await resolver.texts(f"_mta-sts.{domain}")
    values = {"domain": domain}
    if records.is_undecided:
        return Finding(_CHECK, Answer.UNKNOWN, records.detail, "unknown", values)
    if not any(text.startswith("v=STSv1") for text in records.values):
        return Finding(_CHECK, Answer.HOLDS, _none(domain, records), "none", values)
    record = "; ".join(records.values)[:500]
    id_ = read_record(records.values)
    if isinstance(id_, Unreadable):
        values["reason"] = id_.why
        return Finding(_CHECK, Answer.FAILS, id_.why, "record", values, record)
    policy = await policies.fetch(domain)
    if isinstance(policy, Unreadable):
        values["reason"] = policy.why
        return Finding(_CHECK, Answer.FAILS, policy.why, "policy", values, record)
    return policy


def mta_sts_kept(policy: StsPolicy, domain: str, servers: Sequence[MailServer]) -> Finding:
    """Return whether the domain's servers are as the policy says."""
    record, values = "; ".join(policy.lines), {"domain": domain}
    if policy.mode is Mode.NONE:
        return Finding(_CHECK, Answer.HOLDS, f"{domain} says mode: none", "off", values, record)
    judged = [_judged(policy, server) for server in servers]
    worst = min(judged, key=lambda each: _WORST_FIRST.index(each[0]), default=("unreached", ""))
    result, evidence = worst
    if result == "pass":
        result = policy.mode.value
    host = next(
        (server.host for server, said in zip(servers, judged, strict=True) if said == worst), ""
    )
    values.update(remote=host, reason=evidence)
    answer = _ANSWERS.get(result, Answer.FAILS)
    told = "; ".join(evidence for _, evidence in judged) or "no mail server could be asked"
    return Finding(_CHECK, answer, f"mode: {policy.mode}; {told}", result, values, record)


_WORST_FIRST = ("mx", "not-offered", "certificate", "unreached", "pass")
_ANSWERS = {
    Mode.ENFORCE.value: Answer.HOLDS,
    Mode.TESTING.value: Answer.HOLDS,
    "unreached": Answer.UNKNOWN,
}


def _judged(policy: StsPolicy, server: MailServer) -> tuple[str, str]:
    """Return which result it is of this server, and what was seen."""
    host, seen = server.host, server.encryption
    if not policy.covers(host):
        return "mx", f"{host} is in none of its lines: {', '.join(policy.mx[:8])}"
    if seen is None:
        return "unreached", f"{host} could not be asked"
    if not seen.chain:
        return "not-offered", f"{host}: {seen.trouble or 'does not offer STARTTLS'}"
    if seen.distrust:
        return "certificate", f"{host}: {seen.distrust}"
    return "pass", f"{host} is named and proves its name"


def _none(domain: str, records: Records) -> str:
    return records.detail or f"_mta-sts.{domain} has no TXT record that begins with v=STSv1"
