"""Groups, aliases and forwarding opened: the members' copies are queued as the group's entry ends.

RFC 5321 §3.9: a list's copies carry its owner as the return path; an alias's and a forwarder's keep
the sender's. RFC 3461 §5.2.7.3: a list's copies ask for no notices of their own, an alias's keep what
was asked for. The copies are opened to their very ends at once and say so, hence no circle turns.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from whybounce.gateway.addresses import MailAddress, key_of
from whybounce.gateway.directory import (
    Alias,
    Contact,
    Directory,
    Found,
    Group,
    Mailbox,
    MailUser,
)
from whybounce.gateway.return_paths import ReturnPaths
from whybounce.gateway.store import Store
from whybounce.gateway.store.rows import (
    Body,
    Consignment,
    Envelope,
    Event,
    LeasedRecipient,
    NewMessage,
    Outgoing,
    QueuedMessage,
    Recipient,
    Retirement,
    Session,
    Settlement,
    Terminal,
)

OPENED = "expanded"  # The fact by which a copy says that its recipients are the ends.
REFUSED = "forwarding-refused"  # The fact by which it says that it may not go there.
_MOST_NAMED = 20  # In the trace of what was opened.
_DEEPEST = 20  # Forwarding to who forwards; nobody needs more.


@dataclass(frozen=True, slots=True)
class _Way:
    """An address on the way to its ends."""

    address: str
    return_path: str
    by_list: bool = False


@dataclass(slots=True)
class _Ends:
    """Where one recipient's mail goes in the end."""

    ends: dict[str, _Way] = field(default_factory=dict)  # By key.
    seen: set[str] = field(default_factory=set)
    is_opened: bool = False  # Whether it led to anybody but itself.
    refused: list[_Way] = field(default_factory=list)  # Forwarding that is not allowed.


@dataclass(frozen=True, slots=True, kw_only=True)
class Expanding:
    """Opens what stands for others."""

    store: Store
    directory: Directory
    return_paths: ReturnPaths | None = None
    node: str
    most: int  # Members of a group.
    clock: Callable[[], datetime]

    async def __call__(self, consignment: Consignment) -> Consignment | None:
        """Settle the recipients that stand for others; return the rest, or None for nobody.

        Raises:
            StoreError: Nothing was recorded; the lease is still held.

        """
        message = consignment.message
        if message.session is not None and OPENED in message.session.facts:
            return consignment
        outgoing: list[Outgoing] = []
        retired: list[Retirement] = []
        events: list[Event] = []
        now = self.clock()
        for recipient in consignment.recipients:
            opened = await self._ends_of(message, recipient)
            if opened is None:
                continue
            outgoing += _copies(message, recipient, opened.ends.values(), {OPENED: "yes"})
            told = [way for way in opened.refused if way.return_path]
            outgoing += _copies(message, recipient, told, {OPENED: "yes", REFUSED: "yes"})
            retired.append(Retirement(recipient.number, Terminal.EXPANDED))
            ends = _listed([way.address for way in opened.ends.values()])
            events.append(Event(now, "opened", self.node, ends, message.id, recipient.number))
            events += [
                Event(now, "withheld", self.node, _why(way), message.id, recipient.number)
                for way in opened.refused
            ]
        if not retired:
            return consignment
        await self.store.settle(
            Settlement(
                consignment,
                now,
                retirements=tuple(retired),
                messages=tuple(outgoing),
                events=tuple(events),
            )
        )
        gone = {each.number for each in retired}
        rest = tuple(each for each in consignment.recipients if each.number not in gone)
        return replace(consignment, recipients=rest) if rest else None

    async def _ends_of(self, message: QueuedMessage, recipient: LeasedRecipient) -> _Ends | None:
        """Return where it leads; None where it is an end itself, or leads nowhere."""
        ends = _Ends()
        level = [_Way(recipient.address, message.sender)]
        for _ in range(_DEEPEST):
            level = [further for way in level for further in await self._open(way, ends)]
            if not level:
                break
        for way in level:  # Whoever is too deep has it, and it goes no further.
            ends.ends.setdefault(key_of(way.address), way)
        for key, way in ends.ends.items():
            ends.ends[key] = await self._forwarded_by_us(way)
        # Who leads to nobody is left to be resolved, which says why.
        return ends if (ends.is_opened or ends.refused) and ends.ends else None

    async def _open(self, way: _Way, ends: _Ends) -> list[_Way]:
        """Note the address if it is an end; return whom it leads to."""
        key = key_of(way.address)
        if key in ends.seen:
            return []
        ends.seen.add(key)
        original = self.return_paths.original(way.address) if self.return_paths else None
        if original is not None:  # A report about what was forwarded goes on to its sender.
            ends.is_opened = True
            return [replace(way, address=original)]
        found = await self.directory.recipient(way.address)
        entry = found.entry if found else None
        match entry:
            case Group():
                path = str(entry.owners[0]) if way.return_path and entry.owners else way.return_path
                members = await self._members(entry)
                further = [_Way(str(each), path, by_list=True) for each in members]
            case Alias():
                members = await self._members(entry)
                further = [replace(way, address=str(each)) for each in members]
            case MailUser(to=to) | Contact(to=to):
                further = [replace(way, address=str(to))]
            case Mailbox(forward_to=forward_to) if forward_to and found and not entry.disabled:
                further = await self._forwarded(way, entry, found, ends)
                if entry.keep_copy or not further:
                    ends.ends.setdefault(key, way)
            case _:
                ends.ends.setdefault(key, way)
                return []
        ends.is_opened = ends.is_opened or bool(further)
        return further

    async def _forwarded_by_us(self, way: _Way) -> _Way:
        """Rewrite a stranger's return path where a copy leaves for outside, so that it passes SPF."""
        if self.return_paths is None or not way.return_path:
            return way
        for address in (way.address, way.return_path):
            if await self.directory.domain(address.rpartition("@")[2]) is not None:
                return way
        return replace(way, return_path=self.return_paths.rewritten(way.return_path))

    async def _members(self, entry: Group | Alias) -> tuple[MailAddress, ...]:
        """Return who is in it; nobody, where they are more than may be opened.

        Some of them would get the message, and the others would never hear of it; so it is left
        to be resolved, which says that it fails.
        """
        expansion = await self.directory.members(entry, most=self.most)
        return expansion.members if expansion.whole else ()

    async def _forwarded(self, way: _Way, entry: Mailbox, found: Found, ends: _Ends) -> list[_Way]:
        """Return whom a mailbox's mail goes on to, without outsiders where that is not allowed.

        What may go nowhere else stays in the mailbox, whether it keeps copies or not. Whose mailbox
        it is hears of it, not who wrote: they did nothing wrong, and need not know where to.
        """
        organisation = await self.directory.organisation(found.organisation)
        allowed = organisation is None or organisation.external_forwarding
        further = []
        for to in entry.forward_to:
            if allowed or await self.directory.domain(to.domain):
                further.append(replace(way, address=str(to)))
            else:
                back = str(entry.address) if way.return_path else ""
                ends.refused.append(_Way(str(to), back, by_list=True))
        return further


def _listed(addresses: list[str]) -> str:
    """Return the first of them, and how many more there are: a trace is asked by each."""
    more = len(addresses) - _MOST_NAMED
    named = ", ".join(addresses[:_MOST_NAMED])
    return f"{named} and {more} more" if more > 0 else named


def _why(way: _Way) -> str:
    return f"external-forwarding-blocked: {way.return_path or 'a report'} to {way.address}"


def _copies(
    message: QueuedMessage,
    recipient: LeasedRecipient,
    ways: Iterable[_Way],
    facts: Mapping[str, str],
) -> list[Outgoing]:
    """Return a message for each return path, which share the body."""
    session = message.session or Session()
    session = replace(session, facts={**session.facts, **facts})
    by_path: dict[str, list[_Way]] = {}
    for way in ways:
        by_path.setdefault(way.return_path, []).append(way)
    return [
        Outgoing(
            NewMessage(
                Envelope(
                    sender=path,
                    recipients=tuple(_recipient(way, recipient) for way in ways),
                    ret=message.ret,
                    envid=message.envid if path == message.sender else None,
                    body_type=message.body_type,
                    smtputf8=message.smtputf8,
                ),
                arrived=message.arrived,
                expires=message.expires,
                session=session,
                message_id=message.message_id,
                subject=message.subject,
            ),
            Body(message.size, 0, of=message.id),
        )
        for path, ways in by_path.items()
    ]


def _recipient(way: _Way, recipient: LeasedRecipient) -> Recipient:
    if way.by_list:
        return Recipient(way.address)
    kind = "rfc822" if recipient.address.isascii() else "utf-8"  # RFC 6533 §3.
    orcpt = recipient.orcpt or f"{kind};{recipient.address}"
    return Recipient(way.address, orcpt=orcpt, notify=recipient.notify)
