"""Asking: fetching the facts that policies judge, each stage's in as few questions as can be.

Nothing is decided here. What only some policies need is fetched only while one of them is in force.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_network

from msgspec.structs import replace
from sqlalchemy import Connection

from whybounce.checking.authentication import authentication_of
from whybounce.checking.block_lists import BlockList, BlockListResult, block_lists
from whybounce.checking.lookups import LookUps, Resolver
from whybounce.checking.message import HashedMessage
from whybounce.gateway.addresses import domain_of, key_of
from whybounce.gateway.blocks import SHORTEST_PREFIX
from whybounce.gateway.directory import Account, Origin, origin_of_account, origin_of_client, owns
from whybounce.gateway.occupancy import Occupancy
from whybounce.gateway.policies import Content, Facts, Judge, Need, Stage, Tally
from whybounce.gateway.remembering import Recalled, Remembering
from whybounce.gateway.return_paths import ReturnPaths
from whybounce.gateway.store import counting
from whybounce.vocabulary.authentication import Authentication
from whybounce.vocabulary.envelope import Envelope, Recipient
from whybounce.vocabulary.session import Session

_MOST_AUTHORS = 20  # That are looked up; each costs questions.
_PATIENCE = 2  # Seconds for what only chooses between two refusals.


class Asking:
    """Adds to the facts of one connection what is known at a stage: at most one question each.

    What is remembered is not asked for: most messages of strangers cost one question, at RCPT.
    """

    def __init__(
        self,
        remembering: Remembering,
        judge: Judge,
        resolver: Resolver,
        host: str,
        return_paths: ReturnPaths | None = None,
        lists: Sequence[BlockList] = (),
        occupancy: Occupancy | None = None,
    ) -> None:
        self._remembering = remembering
        self._judge = judge
        self._resolver = resolver
        self._host = host
        self._return_paths = return_paths
        self._block_lists = lists
        self._occupancy = occupancy  # None: mailboxes are not ours to count.
        self._counted: dict[tuple[str, str], int] = {}  # In this message, by tally and counter.

    async def at_mail(self, facts: Facts, envelope: Envelope) -> Facts:
        """Learn who sends: an account of ours, servers we know, or a stranger."""
        self._counted.clear()

        def learn(recalled: Recalled) -> Facts:
            origin = _origin(recalled, facts.session, envelope.return_path)
            attributed = replace(
                facts,
                envelope=envelope,
                login=origin.login,
                mailbox=origin.mailbox,
                organisation=origin.organisation,
                connector=origin.connector,
                restricting=origin.restricting,
                owns_return_path=origin.owns_return_path,
                sender_registered=origin.sender_registered,
                claims_to_be_ours=origin.claims_to_be_ours,
            )
            return self._observed(recalled, attributed, Stage.MAIL)

        told = await self._remembering.learned(learn, facts.now)
        listings = await self._listings(told)
        return replace(told, listings=listings) if listings else told

    async def at_recipient(
        self,
        facts: Facts,
        envelope: Envelope,
        recipient: Recipient,
        *,
        now: datetime | None = None,
    ) -> Facts:
        """Learn who is written to, and what they let this sender do; ``now``, or when MAIL came."""
        now = now or facts.now
        paths = self._return_paths
        is_return = paths is not None and paths.original(recipient.address) is not None

        def learn(recalled: Recalled) -> Facts:
            sender, whose = envelope.return_path, facts.organisation
            reached = recalled.destination(sender, recipient.address, whose)
            found = replace(
                facts,
                now=now,
                envelope=envelope,
                recipient=recipient,
                domain=reached.domain,
                receiving=reached.organisation,
                found=reached.found,
                stands_for=reached.stands_for,
                rights=reached.rights,
                is_return=is_return,
                missing=reached.missing or "",
                rules=reached.rules,
            )
            return self._observed(recalled, found, Stage.RCPT)

        told = await self._remembering.learned(learn, now)
        if told.domain is None and not told.may_relay:
            told = replace(told, leads_here=await self._leads_here(recipient.domain))
        held = await self._held(told)
        return told if held is None else replace(told, held=held)

    async def at_message(
        self,
        facts: Facts,
        envelope: Envelope,
        content: Content,
        message: HashedMessage | None = None,
        *,
        taken: Sequence[Facts] = (),
        now: datetime | None = None,
    ) -> Facts:
        """Learn what was sent, and of strangers' mail who sent it.

        Args:
            facts: What was known at MAIL.
            envelope: With all recipients that were taken.
            content: The message.
            message: What its signatures are judged by.
            taken: What was known at RCPT of each of them.
            now: When it came to its end; else when MAIL came.

        """
        now = now or facts.now
        authentication = await self._authentication(facts, message)
        login = facts.login if facts.login and content.authors else None

        def learn(recalled: Recalled) -> Facts:
            sent = content
            if login is not None:
                named = (content.authors, content.senders)
                question = ("owns", login.account.name, *named)
                is_own = recalled.answer(question, lambda c: _owns_from(c, login.account, content))
                sent = replace(content, owns_from=is_own)
            told = replace(
                facts,
                now=now,
                envelope=envelope,
                content=sent,
                authentication=authentication,
                taken=tuple(taken),
            )
            return self._observed(recalled, told, Stage.MESSAGE)

        return await self._remembering.learned(learn, now)

    def note(self, counts: Mapping[str, int]) -> None:
        """Add what has just been counted to what was read before."""
        for tally, key in self._counted:
            self._counted[tally, key] += counts.get(key, 0)

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

    async def _held(self, facts: Facts) -> int | None:
        """Return how much the recipient's mailbox holds, where it has a quota."""
        if facts.end is None or facts.quota is None or self._occupancy is None:
            return None
        if Need.ROOM not in self._judge.needs(Stage.RCPT):
            return None
        return await self._occupancy.octets(facts.end.address)

    async def _authentication(
        self, facts: Facts, message: HashedMessage | None
    ) -> Authentication | None:
        wanted = Need.AUTHENTICATION in self._judge.needs(Stage.MESSAGE)
        if message is None or facts.is_ours or not wanted:
            return None
        return await authentication_of(
            self._resolver,
            message,
            address=str(facts.session.address),
            helo=facts.session.helo or "",
            mail_from=facts.sender,
            receiver=self._host,
            conclusions=self._remembering.conclusions(self._resolver),
        )

    async def _listings(self, facts: Facts) -> tuple[BlockListResult, ...]:
        """Ask the block lists about a stranger: once for each message, and the DNS caches."""
        wanted = Need.LISTINGS in self._judge.needs(Stage.RCPT) and self._block_lists
        if facts.is_ours or not wanted:
            return ()
        address = str(facts.session.address)
        return await block_lists(LookUps(self._resolver), address, self._block_lists)

    def _observed(self, recalled: Recalled, facts: Facts, stage: Stage) -> Facts:
        """Read the counters and blocks that the stage's policies need."""
        counts = self._counts(recalled, self._judge.tallies(stage), facts)
        blocks = facts.blocks
        if Need.BLOCKS in self._judge.needs(stage):
            blocks = recalled.blocks(_subjects(facts)) if recalled.may_be_blocked else ()
        if not counts and blocks == facts.blocks:
            return facts
        return replace(facts, counts=counts, blocks=blocks)

    def _counts(self, recalled: Recalled, tallies: Sequence[Tally], facts: Facts) -> dict[str, int]:
        """Return the sums by the tallies' names.

        Where one has to be asked for, so are those that later stages will read, by one statement.
        """
        keys = {tally.name: key for tally in tallies if (key := tally.key(facts))}
        if any((name, key) not in self._counted for name, key in keys.items()):
            connection = recalled.connection
            lacking = [
                (tally, key)
                for tally in self._judge.every_tally
                if (key := tally.key(facts)) and (tally.name, key) not in self._counted
            ]
            since = [(key, facts.now - tally.window) for tally, key in lacking]
            sums = counting.sums(connection, since)
            read = zip(lacking, sums, strict=True)
            self._counted.update({(tally.name, key): number for (tally, key), number in read})
        return {name: self._counted[name, key] for name, key in keys.items()}


def _owns_from(connection: Connection, account: Account, content: Content) -> bool:
    """Whether the account may write in the authors' names.

    RFC 5322 §3.6.2: where they are several, Sender says which of them, or who for them, sent it.
    """
    authors, senders = content.authors, content.senders
    own = [owns(connection, account, each) for each in authors[:_MOST_AUTHORS]]
    if len(authors) > 1 and senders:
        return any(own) and owns(connection, account, senders[0])
    return all(own) and len(authors) <= _MOST_AUTHORS


def _origin(recalled: Recalled, session: Session, sender: str) -> Origin:
    if session.account is not None:
        account = session.account
        return recalled.answer(
            ("account", account, sender), lambda c: origin_of_account(c, account, sender)
        )
    address, domain = session.address, domain_of(sender)
    names = session.tls.names if session.tls else ()
    return recalled.answer(
        ("client", address, names, domain),
        lambda c: origin_of_client(c, address, names, domain),
    )


def _subjects(facts: Facts) -> dict[str, list[str]]:
    """Return everybody who takes part, by the kinds of blocks."""
    senders = [key_of(facts.sender), f"@{domain_of(facts.sender)}"] if facts.sender else []
    recipient = facts.recipient.address
    recipients = [key_of(recipient), f"@{domain_of(recipient)}"] if "@" in recipient else []
    return {
        "ip": networks_of(facts.session.address),
        "sender": senders,
        "account": [facts.login.account.name] if facts.login else [],
        "organisation": [facts.organisation.name] if facts.organisation else [],
        "recipient": recipients,
    }


@lru_cache(maxsize=1024)
def networks_of(address: IPv4Address | IPv6Address) -> list[str]:
    """Return the address and every network it is in, as blocks name them."""
    longest = address.max_prefixlen
    lengths = range(SHORTEST_PREFIX[address.version], longest)
    nets = (str(ip_network((address, length), strict=False)) for length in lengths)
    return [str(address), *nets]
