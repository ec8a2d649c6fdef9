"""Do the signatures of what the DNS says about the domain's mail hold? RFC 4033 §5, RFC 4035 §4.3.

Secure, insecure and bogus are told apart, by whether the resolver validated: one that does not
validate can tell nothing. A domain that is not signed is no fault: most are not.
"""

from collections.abc import Mapping, Sequence

from whybounce.checking.lookups import Absence, Asking, Records
from whybounce.checking.mail_exchangers import MailExchangers
from whybounce.vocabulary.cause import CheckName
from whybounce.vocabulary.finding import Answer, Finding

HostRecords = Mapping[str, Sequence[Records]]
"""The address records of each host."""


async def dnssec(resolver: Asking, found: MailExchangers, hosts: HostRecords) -> Finding:
    """Return whether the domain's MX records and its hosts' addresses are signed, and rightly."""
    check, domain = CheckName.DNSSEC, found.domain
    asked = [(domain, found.records)]
    asked += [(host, records) for host, pair in hosts.items() for records in pair]
    bogus = next((pair for pair in asked if pair[1].absence is Absence.BOGUS), None)
    if bogus is not None:
        values = {"domain": domain, "remote": bogus[0]}
        return Finding(check, Answer.FAILS, bogus[1].detail, "bogus", values)
    failed = next((pair for pair in asked if pair[1].is_undecided), None)
    if failed is not None:
        return Finding(check, Answer.UNKNOWN, failed[1].detail, "unknown", {"domain": domain})
    root = await resolver.records(".", "SOA")
    if not root.secure:
        evidence = root.detail or "the resolver does not say that the root zone is signed"
        return Finding(check, Answer.UNKNOWN, evidence, "not-validated", {"domain": domain})
    if not found.records.secure:
        evidence = f"the resolver validates, and {domain} is not signed"
        return Finding(check, Answer.HOLDS, evidence, "insecure", {"domain": domain})
    unsigned = [host for host, pair in hosts.items() if not all(r.secure for r in pair if r.values)]
    if unsigned:
        evidence = f"{domain} is signed; not signed: {', '.join(unsigned[:8])}"
        values = {"domain": domain, "remote": unsigned[0]}
        return Finding(check, Answer.HOLDS, evidence, "partly", values)
    evidence = f"the resolver validated {', '.join(dict.fromkeys(name for name, _ in asked[:8]))}"
    return Finding(check, Answer.HOLDS, evidence, "secure", {"domain": domain})
