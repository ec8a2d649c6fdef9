"""What DANE demands of a host: RFC 7672. Nothing, where its domain publishes no TLSA records.

Rule 1: TLSA records are asked for only where what named the host and its addresses were validated.
Rule 2: where it cannot be told whether there are records, the host is passed over: who can disturb the
DNS must not be able to turn encryption off (RFC 7672 §2.1.1, §2.1.2).
Rule 3: records of which none can be used demand encryption all the same, from whomever (§2.2).
"""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from whybounce.checking.dane import DaneFault, judge
from whybounce.checking.lookups import Absence, Resolver
from whybounce.checking.tlsa import Tlsa, TlsaAnswer, tlsa_of
from whybounce.gateway.delivery.attempts import Obstacle
from whybounce.gateway.delivery.mail_exchangers import Host
from whybounce.gateway.delivery.tls_policies import Barred, NextHop, TlsPolicy
from whybounce.vocabulary.session import Tls

DANE = "dane"
UNUSABLE = "dane-unusable"  # Encrypted, and nobody knows with whom.
_NO_TLS = "starttls-not-supported"
_CAUSES = {
    DaneFault.EXPIRED: "certificate-expired",
    DaneFault.NAME: "certificate-host-mismatch",
    DaneFault.NOT_YET_VALID: "tlsa-invalid",
    DaneFault.NO_MATCH: "tlsa-invalid",
}


@dataclass(frozen=True, slots=True)
class DaneJudge:
    """Compares what a host shows with the records of its name."""

    place: str  # Where the records stand.
    records: tuple[Tlsa, ...]
    names: tuple[str, ...]  # What the host may be called.
    clock: Callable[[], datetime]

    def __call__(self, host: Host, tls: Tls) -> Obstacle | None:  # noqa: ARG002  # the hook's shape
        """Return what is wrong with it."""
        found = judge(self.records, tls.chain, self.names, self.clock())
        if found.fault is None:
            return None
        record = f"TLSA {found.record}" if found.record else "TLSA records"
        beside = f", one of {len(self.records)}" if len(self.records) > 1 else ""
        evidence = f"{found.evidence} ({record} at {self.place}{beside})"
        return Obstacle(_CAUSES[found.fault], evidence)


@dataclass(frozen=True, slots=True)
class Dane:
    """Asks the DNS what it vouches for."""

    resolver: Resolver
    context: ssl.SSLContext  # One that takes any certificate: the records decide.
    clock: Callable[[], datetime]

    async def policy_for(self, hop: NextHop) -> TlsPolicy | Barred | None:
        """Return what is demanded of the host, or why it is passed over; None for nothing."""
        for base in _bases(hop.host):
            answer = await tlsa_of(base, hop.port, self.resolver)
            if answer.trouble is not None:
                is_bogus = answer.trouble.absence is Absence.BOGUS
                cause = "dnssec-invalid" if is_bogus else "dns-query-failed"
                return Barred(DANE, Obstacle(cause, answer.trouble.detail))
            if answer.records:
                return self._policy(answer, hop)
        return None

    def _policy(self, answer: TlsaAnswer, hop: NextHop) -> TlsPolicy:
        source = f"the TLSA record at {answer.name}"
        judging = None
        if any(each.is_usable for each in answer.records):
            # RFC 7672 §3.2.2: what is called like the domain itself is right as well.
            names = tuple(dict.fromkeys((answer.base, *hop.by_mx)))
            judging = DaneJudge(answer.name, answer.records, names, self.clock)
        return TlsPolicy(
            DANE if judging else UNUSABLE,
            self.context,
            required=True,
            failed=_NO_TLS,
            server_name=answer.base,
            judge=judging,
            source=source,
        )


def _bases(host: Host) -> tuple[str, ...]:
    """Return the names whose records count, the best first: RFC 7672 §2.2.2 and §2.2.3."""
    if host.secure:
        return (host.name,) if host.canonical is None else (host.canonical, host.name)
    return (host.name,) if host.secure_alias else ()
