"""All that can be asked about a domain, an address or an IP address, asked at once."""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from whybounce.checking import block_lists as lists, dmarc, spf
from whybounce.checking.addresses import (
    MOST_ADDRESSES,
    addresses,
    addresses_of,
    ipv6,
    ipv6_of_sender,
)
from whybounce.checking.block_lists import BlockList
from whybounce.checking.certificate import certificate
from whybounce.checking.dane_kept import dane_kept, proven_hosts, vouched_for
from whybounce.checking.dkim_selectors import dkim_keys
from whybounce.checking.dnssec import dnssec
from whybounce.checking.lookups import Absence, Asking, Doubting, LookUps, Records
from whybounce.checking.mail_exchangers import MailExchangers, mail_exchangers, mx_record, null_mx
from whybounce.checking.mail_servers import MailServer, Reach, verifying, visit
from whybounce.checking.mta_sts_host import PolicyHosts
from whybounce.checking.mta_sts_kept import mta_sts_kept, policy_of
from whybounce.checking.port_25 import port_25
from whybounce.checking.reverse_dns import finding as reverse_finding, reverse_name
from whybounce.checking.starttls import starttls
from whybounce.checking.subjects import NoTargetError, address_of, domain_of
from whybounce.checking.tls_rpt import tls_rpt
from whybounce.vocabulary.cause import CheckName
from whybounce.vocabulary.finding import Finding

__all__ = ["BUILT", "MOST_VISITED", "OF_GATEWAY", "NoTargetError", "Reach", "check"]

# In the order a person is told them.
BUILT = (
    CheckName.MX_RECORD,
    CheckName.NULL_MX,
    CheckName.ADDRESSES,
    CheckName.IPV6,
    CheckName.PORT_25,
    CheckName.STARTTLS,
    CheckName.CERTIFICATE,
    CheckName.DNSSEC,
    CheckName.TLSA,
    CheckName.MTA_STS,
    CheckName.TLS_RPT,
    CheckName.REVERSE_DNS,
    CheckName.SPF,
    CheckName.DKIM,
    CheckName.DMARC,
    CheckName.DNS_BLOCK_LISTS,
)
OF_GATEWAY = (CheckName.RECIPIENT_ACCEPTED,)  # Asked by a gateway for its own administrators only.

MOST_VISITED = 4  # Hosts of a domain that are connected to, the best first.

_SHOWN = (
    CheckName.PORT_25,
    CheckName.STARTTLS,
    CheckName.CERTIFICATE,
    CheckName.TLSA,
    CheckName.MTA_STS,
)
_RECEIVING = (
    CheckName.MX_RECORD,
    CheckName.NULL_MX,
    CheckName.ADDRESSES,
    CheckName.IPV6,
    CheckName.DNSSEC,
    *_SHOWN,
)

_Told = Callable[[Finding], None]
_Found = tuple[Finding, ...]


async def check(
    resolver: Asking,
    target: str,
    *,
    selectors: Sequence[str] = (),
    block_lists: Sequence[BlockList] = (),
    seconds: float = 30.0,
    reach: Reach | None = None,
    now: datetime | None = None,
    told: _Told | None = None,
    only: Collection[CheckName] = BUILT,
    client: str = "",
) -> tuple[Finding, ...]:
    """Return what every check finds that the target can be asked for, in the order of ``BUILT``.

    Args:
        resolver: Who is asked.
        target: A domain; an e-mail address, of which the domain is checked; an IP address.
        selectors: DKIM keys to look for; without one those that are common are tried.
        block_lists: Lists to ask; none is asked that is not named.
        seconds: How long all of it may take; what is not found out by then is unknown.
        reach: What may be connected to; None: only the DNS is asked.
        now: The time that certificates are held against; else that of this machine.
        told: Is given each finding as soon as it is there, in whatever order.
        only: Which questions are asked.
        client: The IP address that is to send for the domain, for SPF to judge; else SPF says
            whether the record can be used.

    Raises:
        NoTargetError: It is none of these.
        ValueError: ``client`` is no IP address.

    """
    asking = LookUps(Doubting(resolver), most=400, seconds=seconds)
    inquiry = _Inquiry(
        asking, reach, seconds, now or datetime.now(UTC), told, frozenset(only), client
    )
    address = address_of(target)
    if address is not None:
        found = await _of_address(inquiry, address, block_lists)
    else:
        domain = domain_of(target)
        if domain is None:
            raise NoTargetError(target)
        found = await _of_domain(inquiry, domain, selectors, block_lists)
    return tuple(sorted(found, key=lambda finding: BUILT.index(finding.check)))


@dataclass(frozen=True, slots=True)
class _Inquiry:
    """Who is asked about one target, and within what."""

    asking: LookUps
    reach: Reach | None
    seconds: float
    now: datetime
    told: _Told | None
    only: frozenset[CheckName]
    client: str

    def wants(self, *checks: CheckName) -> bool:
        """Return whether one of the questions is asked."""
        return not self.only.isdisjoint(checks)

    def tell(self, *findings: Finding) -> _Found:
        """Return those that were asked for, when whoever waits has been told."""
        asked = tuple(finding for finding in findings if finding.check in self.only)
        for finding in asked:
            if self.told is not None:
                self.told(finding)
        return asked

    async def all_of(self, *parts: Coroutine[None, None, _Found]) -> _Found:
        """Return what all parts find."""
        return tuple(finding for part in await asyncio.gather(*parts) for finding in part)


async def _of_address(inquiry: _Inquiry, address: str, block_lists: Sequence[BlockList]) -> _Found:
    async def named() -> _Found:
        name = await reverse_name(inquiry.asking, address)
        also = await ipv6_of_sender(inquiry.asking, address, name.name)
        return inquiry.tell(reverse_finding(name), *((also,) if also else ()))

    return await inquiry.all_of(named(), _listings(inquiry, address, block_lists))


async def _of_domain(
    inquiry: _Inquiry, domain: str, selectors: Sequence[str], block_lists: Sequence[BlockList]
) -> _Found:
    asking = inquiry.asking

    async def sending() -> _Found:
        if not inquiry.client:
            return inquiry.tell(spf.finding_of_published(await spf.published(asking, domain)))
        sender = f"postmaster@{domain}"
        judged = await spf.spf(asking, address=inquiry.client, mail_from=sender, helo=domain)
        return inquiry.tell(spf.finding(judged))

    async def signing() -> _Found:
        return inquiry.tell(*await dkim_keys(asking, domain, selectors))

    async def policy() -> _Found:
        return inquiry.tell(dmarc.finding_of_published(await dmarc.published(asking, domain)))

    async def reports() -> _Found:
        return inquiry.tell(await tls_rpt(asking, domain))

    parts: Mapping[tuple[CheckName, ...], Callable[[], Coroutine[None, None, _Found]]] = {
        _RECEIVING: lambda: _receiving(inquiry, domain),
        (CheckName.SPF,): sending,
        (CheckName.DKIM,): signing,
        (CheckName.DMARC,): policy,
        (CheckName.TLS_RPT,): reports,
        (CheckName.DNS_BLOCK_LISTS,): lambda: _listings(inquiry, domain, block_lists),
    }
    return await inquiry.all_of(*(ask() for checks, ask in parts.items() if inquiry.wants(*checks)))


async def _listings(inquiry: _Inquiry, subject: str, block_lists: Sequence[BlockList]) -> _Found:
    listed = await lists.block_lists(inquiry.asking, subject, block_lists)
    return inquiry.tell(lists.finding(listed)) if listed else ()


async def _receiving(inquiry: _Inquiry, domain: str) -> _Found:
    """Return what is found about the servers that take the domain's mail."""
    asking = inquiry.asking
    found = await mail_exchangers(asking, domain)
    if found.records.absence is Absence.NO_NAME:
        return inquiry.tell(mx_record(found))
    told = inquiry.tell(mx_record(found), null_mx(found))
    if found.is_null or found.records.is_undecided:
        return told + inquiry.tell(await dnssec(asking, found, {}))
    # RFC 5321 §5.1: without an MX record the domain itself is the host.
    hosts = found.hosts or (domain,)
    pairs = await asyncio.gather(*(addresses(asking, host) for host in hosts))
    records = dict(zip(hosts, pairs, strict=True))

    async def published() -> _Found:
        named = await asyncio.gather(addresses_of(asking, *hosts), ipv6(asking, *hosts))
        return inquiry.tell(*named, await dnssec(asking, found, records))

    parts = [published()]
    if inquiry.reach is not None and inquiry.wants(*_SHOWN):
        parts.append(_shown(inquiry, inquiry.reach, found, records))
    return told + await inquiry.all_of(*parts)


async def _shown(
    inquiry: _Inquiry, reach: Reach, found: MailExchangers, records: Mapping[str, Sequence[Records]]
) -> _Found:
    """Return what the servers show, and whether that is what the domain promises of them."""
    asking, domain, now = inquiry.asking, found.domain, inquiry.now
    visited = dict(list(records.items())[:MOST_VISITED])
    policies = PolicyHosts(
        asking, verifying(reach.authorities), reach.policy_port, inquiry.seconds / 2, reach.allows
    )
    visits = (_visited(inquiry, reach, host, pair) for host, pair in visited.items())
    vouched, policy, servers = await asyncio.gather(
        vouched_for(asking, visited, reach.port, by_secure=found.records.secure),
        policy_of(asking, domain, policies),
        asyncio.gather(*visits),
    )
    proven = proven_hosts(vouched, servers, domain, now)
    kept = policy if isinstance(policy, Finding) else mta_sts_kept(policy, domain, servers)
    return inquiry.tell(
        port_25(servers),
        starttls(servers),
        certificate(servers, now, proven=proven),
        dane_kept(vouched, servers, domain, now),
        kept,
    )


async def _visited(
    inquiry: _Inquiry, reach: Reach, host: str, pair: Sequence[Records]
) -> MailServer:
    there = [value for records in pair for value in records.values][:MOST_ADDRESSES]
    return await visit(host, there, reach, seconds=inquiry.seconds * 0.9)
