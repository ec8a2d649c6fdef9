"""All that can be asked about a domain, an address or an IP address, asked at once."""

import asyncio
from collections.abc import Sequence

from whybounce.checking import block_lists as lists, dkim, dmarc, spf
from whybounce.checking.addresses import addresses_of, ipv6
from whybounce.checking.block_lists import BlockList
from whybounce.checking.lookups import Absence, Asking, LookUps
from whybounce.checking.mail_exchangers import mail_exchangers, mx_record, null_mx
from whybounce.checking.reverse_dns import finding as reverse_finding, reverse_name
from whybounce.checking.subjects import NoTargetError, address_of, domain_of
from whybounce.vocabulary.cause import CheckName
from whybounce.vocabulary.finding import Answer, Finding

__all__ = ["BUILT", "NOT_BUILT_YET", "NoTargetError", "check"]

# In the order a person is told them.
BUILT = (
    CheckName.MX_RECORD,
    CheckName.NULL_MX,
    CheckName.ADDRESSES,
    CheckName.IPV6,
    CheckName.REVERSE_DNS,
    CheckName.SPF,
    CheckName.DKIM,
    CheckName.DMARC,
    CheckName.DNS_BLOCK_LISTS,
)
NOT_BUILT_YET = (
    CheckName.PORT_25,
    CheckName.RECIPIENT_ACCEPTED,
    CheckName.STARTTLS,
    CheckName.CERTIFICATE,
    CheckName.MTA_STS,
    CheckName.DNSSEC,
    CheckName.TLSA,
    CheckName.TLS_RPT,
)


async def check(
    resolver: Asking,
    target: str,
    *,
    selectors: Sequence[str] = (),
    block_lists: Sequence[BlockList] = (),
    seconds: float = 30.0,
) -> tuple[Finding, ...]:
    """Return what every check finds that the target can be asked for, in the order of ``BUILT``.

    Args:
        resolver: Who is asked.
        target: A domain; an e-mail address, of which the domain is checked; an IP address.
        selectors: DKIM keys to look for; without one none can be found.
        block_lists: Lists to ask; none is asked that is not named.
        seconds: How long all of it may take; what is not found out by then is unknown.

    Raises:
        NoTargetError: It is none of these.

    """
    asking = LookUps(resolver, seconds=seconds)
    address = address_of(target)
    if address is not None:
        return await _of_address(asking, address, block_lists)
    domain = domain_of(target)
    if domain is None:
        raise NoTargetError(target)
    return await _of_domain(asking, domain, selectors, block_lists)


async def _of_address(
    asking: Asking, address: str, block_lists: Sequence[BlockList]
) -> tuple[Finding, ...]:
    name, listed = await asyncio.gather(
        reverse_name(asking, address), lists.block_lists(asking, address, block_lists)
    )
    return (reverse_finding(name), *_listings(listed))


async def _of_domain(
    asking: Asking, domain: str, selectors: Sequence[str], block_lists: Sequence[BlockList]
) -> tuple[Finding, ...]:
    hosts, sending, signing, policy, listed = await asyncio.gather(
        _hosts(asking, domain),
        spf.published(asking, domain),
        asyncio.gather(*(dkim.finding_of_published(asking, domain, name) for name in selectors)),
        dmarc.published(asking, domain),
        lists.block_lists(asking, domain, block_lists),
    )
    return (
        *hosts,
        spf.finding_of_published(sending),
        *(signing or (_no_selector(domain),)),
        dmarc.finding_of_published(policy),
        *_listings(listed),
    )


async def _hosts(asking: Asking, domain: str) -> tuple[Finding, ...]:
    """Return what is found about the servers that take the domain's mail."""
    found = await mail_exchangers(asking, domain)
    if found.records.absence is Absence.NO_NAME:
        return (mx_record(found),)
    told = (mx_record(found), null_mx(found))
    if found.is_null or found.records.is_undecided:
        return told
    # RFC 5321 §5.1: without an MX record the domain itself is the host.
    hosts = found.hosts or (domain,)
    return (*told, *await asyncio.gather(addresses_of(asking, *hosts), ipv6(asking, *hosts)))


def _listings(listed: Sequence[lists.BlockListResult]) -> tuple[Finding, ...]:
    return (lists.finding(listed),) if listed else ()


def _no_selector(domain: str) -> Finding:
    evidence = "no selector was named"
    values = {"sender_domain": domain}
    return Finding(CheckName.DKIM, Answer.UNKNOWN, evidence, "not-asked", values)
