"""Asking: fetching the facts that policies judge, each stage's in as few questions as can be.

Nothing is decided here. What only some policies need is fetched only while one of them is in force.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from email.utils import parseaddr
from ipaddress import IPv4Address, IPv6Address, ip_network

from sqlalchemy import Connection

from whybounce.checking.lookups import Resolver
from whybounce.gateway.addresses import folded_domain, key_of
from whybounce.gateway.directory import Directory, destination
from whybounce.gateway.policies import Content, Facts, Judge, Need, Stage, Tally
from whybounce.gateway.return_paths import ReturnPaths
from whybounce.gateway.store import Store, blocking, counting
from whybounce.gateway.store.rows import Block
from whybounce.notation import first_field
from whybounce.vocabulary.envelope import Envelope, Recipient

_PATIENCE = 2  # Seconds for what only chooses between two refusals.
_SHORTEST_PREFIX = {4: 8, 6: 16}  # Of blocked networks.


class Asking:
    """Adds to the facts what is known at a stage."""

    def __init__(
        self,
        store: Store,
        directory: Directory,
        judge: Judge,
        resolver: Resolver,
        host: str,
        return_paths: ReturnPaths | None = None,
    ) -> None:
        self._store = store
        self._resolver = resolver
        self._directory = directory
        self._host = host
        self._return_paths = return_paths
        self._judge = judge

    async def at_mail(self, facts: Facts, envelope: Envelope) -> Facts:
        """Learn who sends: an account of ours, servers we know, or a stranger."""
        facts = replace(facts, envelope=envelope)
        if facts.session.account is not None:
            login = await self._directory.account(facts.session.account)
            if login is not None:
                owns = await self._directory.may_use(login, facts.sender) if facts.sender else None
                whose = await self._directory.organisation(login.organisation)
                facts = replace(facts, login=login, organisation=whose, owns_return_path=owns)
        else:
            facts = await self._attributed(facts)
        return await self._observed(facts, Stage.MAIL)

    async def at_recipient(self, facts: Facts, envelope: Envelope, recipient: Recipient) -> Facts:
        """Learn who is written to, and what they let this sender do."""
        facts = replace(facts, envelope=envelope, recipient=recipient)
        reached = await self._store.ask(
            lambda c: destination(c, envelope.return_path, recipient.address, facts.organisation)
        )
        facts = replace(
            facts,
            domain=reached.domain,
            receiving=reached.organisation,
            found=reached.found,
            rights=reached.rights,
            is_return=bool(self._return_paths and self._return_paths.original(recipient.address)),
            missing=reached.missing or "",
            rules=reached.rules,
        )
        if facts.domain is None and not facts.may_relay:
            facts = replace(facts, leads_here=await self._leads_here(recipient.domain))
        return await self._observed(facts, Stage.RCPT)

    async def at_message(self, facts: Facts, envelope: Envelope, content: Content) -> Facts:
        """Learn what was sent."""
        author = parseaddr(first_field(content.fields, "from") or "")[1]
        if facts.login is not None and "@" in author:
            owns = await self._directory.may_use(facts.login, author)
            content = replace(content, owns_from=owns)
        facts = replace(facts, envelope=envelope, content=content)
        return await self._observed(facts, Stage.MESSAGE)

    async def _attributed(self, facts: Facts) -> Facts:
        """Learn whose servers the client is one of, if anybody's."""
        domain, tls = _domain(facts.sender), facts.session.tls
        names = tls.names if tls else ()
        attribution = await self._directory.attribute(facts.session.address, names, domain)
        hosted = await self._directory.organisation_of(domain) if domain else None
        whose = attribution.organisation
        return replace(
            facts,
            organisation=await self._directory.organisation(whose) if whose else None,
            connector=attribution.connector,
            restricting=attribution.restricting,
            sender_registered=bool(hosted and hosted.name == whose),
            claims_to_be_ours=bool(hosted or names),
        )

    async def _leads_here(self, domain: str) -> bool:
        """Whether the domain's MX names us. Where the DNS is silent, nobody says so."""
        if not domain or Need.EXCHANGERS not in self._judge.needs(Stage.RCPT):
            return False
        try:
            async with asyncio.timeout(_PATIENCE):
                found = await self._resolver.records(domain, "MX")
        except TimeoutError:
            return False
        hosts = {value.rpartition(" ")[2].rstrip(".").lower() for value in found.values}
        return self._host in hosts

    async def _observed(self, facts: Facts, stage: Stage) -> Facts:
        """Read the counters and blocks that the stage's policies need."""
        tallies = self._judge.tallies(stage)
        wants_blocks = Need.BLOCKS in self._judge.needs(stage)
        if not tallies and not wants_blocks:
            return facts

        def ask(connection: Connection) -> tuple[dict[str, int], tuple[Block, ...]]:
            counts = _counted(connection, tallies, facts)
            found = blocking.about(connection, facts.now, _subjects(facts)) if wants_blocks else ()
            return counts, found

        counts, found = await self._store.ask(ask)
        return replace(facts, counts=counts, blocks=found)


def _counted(connection: Connection, tallies: Sequence[Tally], facts: Facts) -> dict[str, int]:
    """Return the sums by the tallies' names, one statement for each length of window."""
    keys: dict[datetime, dict[str, str]] = defaultdict(dict)
    for tally in tallies:
        if key := tally.key(facts):
            keys[facts.now - tally.window][key] = tally.name
    return {
        names[key]: count
        for since, names in keys.items()
        for key, count in counting.counted(connection, names, since).items()
    }


def _subjects(facts: Facts) -> dict[str, list[str]]:
    """Return everybody who takes part, by the kinds of blocks."""
    senders = [key_of(facts.sender), f"@{_domain(facts.sender)}"] if facts.sender else []
    recipient = facts.recipient.address
    recipients = [key_of(recipient), f"@{_domain(recipient)}"] if "@" in recipient else []
    return {
        "ip": networks_of(facts.session.address),
        "sender": senders,
        "account": [facts.login.account.name] if facts.login else [],
        "organisation": [facts.organisation.name] if facts.organisation else [],
        "recipient": recipients,
    }


def networks_of(address: IPv4Address | IPv6Address) -> list[str]:
    """Return the address and every network it is in, as blocks name them."""
    longest = address.max_prefixlen
    lengths = range(_SHORTEST_PREFIX[address.version], longest)
    nets = (str(ip_network((address, length), strict=False)) for length in lengths)
    return [str(address), *nets]


def _domain(address: str) -> str:
    return folded_domain(address.rpartition("@")[2])
