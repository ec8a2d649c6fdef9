"""What an operator wants, done on the store: by the running gateway, or by the command line itself."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from msgspec import structs

from whybounce.gateway import tokens
from whybounce.gateway.blocks import BadBlockError, lift, new_block
from whybounce.gateway.delisting import Delisting, DelistingError, Standing
from whybounce.gateway.operating.bouncing import Bouncer
from whybounce.gateway.operating.lives import events_told, life_told, standing
from whybounce.gateway.operating.requests import (
    MOST_MESSAGES,
    Act,
    AddBlock,
    AddToken,
    Answer,
    Blocks,
    Change,
    Changes,
    ConfirmRemoval,
    DecideRemoval,
    Do,
    LiftBlock,
    ListBlocks,
    Listing,
    ListRemovals,
    ListTokens,
    ListWebhooks,
    Lives,
    OnRemovals,
    OnStore,
    OnTokens,
    Refused,
    Rehearse,
    Rehearsed,
    Removals,
    RequestRemoval,
    RevokeToken,
    Selection,
    Show,
    ShowRemoval,
    Tokens,
    Trace,
    TryWebhook,
    Webhooks,
)
from whybounce.gateway.rehearsing import RehearsalError
from whybounce.gateway.removals import to_decide
from whybounce.gateway.reply_causes import CauseOf
from whybounce.gateway.store import Deed, Filter, Instruction, Store, StoreError
from whybounce.gateway.store.rows import Attempt, Block, Entry, Page, QueuedRecipient, State
from whybounce.gateway.tokens import BadTokenError
from whybounce.gateway.webhooks.calling import UnknownWebhookError, Webhooks as Calling
from whybounce.wire import SCHEMA
from whybounce.wire.blocks import BlockEntry, RemovalEntry
from whybounce.wire.lives import MessageStanding, Traced
from whybounce.wire.rehearsals import Rehearsal
from whybounce.wire.times import timestamp
from whybounce.wire.tokens import TokenEntry

_DEEDS = {
    Act.HOLD: Deed.HOLD,
    Act.RELEASE: Deed.RELEASE,
    Act.RETRY: Deed.RETRY,
    Act.DELETE: Deed.DELETE,
}


_OnBlocks = ListBlocks | AddBlock | LiftBlock | ConfirmRemoval
_REFUSALS = (
    BadBlockError,
    BadTokenError,
    DelistingError,
    RehearsalError,
    StoreError,
    UnknownWebhookError,
)


@dataclass(slots=True, kw_only=True)
class Operator:
    """Does what operators want. A reload replaces its bouncer and its delisting."""

    store: Store
    bouncer: Bouncer
    delisting: Delisting
    rehearse: Callable[[Rehearse], Awaitable[Rehearsal]]
    webhooks: Calling
    cause_of: CauseOf
    clock: Callable[[], datetime]

    async def perform(self, request: OnStore, by: str) -> Answer:
        """Return what came of it.

        Args:
            request: What is wanted.
            by: Who wants it; stands in the events.

        """
        try:
            match request:
                case Trace():
                    return await self._trace(request)
                case Show():
                    page, shown = await self._page(request.which, request.after)
                    return Listing(
                        messages=tuple(shown.values()), damaged=page.damaged, after=page.after
                    )
                case Do():
                    return await self._do(request, by)
                case Rehearse():
                    return Rehearsed(rehearsal=await self.rehearse(request))
                case ListWebhooks():
                    return Webhooks(webhooks=await self.webhooks.standing())
                case TryWebhook():
                    return Webhooks(webhooks=await self.webhooks.tried(request.name))
                case ShowRemoval() | ListRemovals() | DecideRemoval():
                    return Removals(removals=await self._on_removals(request, by))
                case RequestRemoval():
                    block, token = await self.delisting.request(request.ip, request.address)
                    return Blocks(blocks=(_entry(block),), token=token)
                case ListTokens() | AddToken() | RevokeToken():
                    return Tokens(tokens=await self._on_tokens(request, by))
                case _:
                    blocks = await self._on_blocks(request, by)
                    return Blocks(blocks=tuple(_entry(each) for each in blocks))
        except _REFUSALS as error:
            return Refused(why=str(error))

    async def _on_removals(self, request: OnRemovals, by: str) -> tuple[RemovalEntry, ...]:
        if isinstance(request, ShowRemoval):
            standing = await self.delisting.standing(request.token)
            return (_removal(standing),) if standing else ()
        if isinstance(request, DecideRemoval):
            await self.delisting.decide(request.id, remove=request.remove, by=by, why=request.why)
        waiting = await to_decide(self.store)
        return tuple(
            _removal(Standing(each, is_listed=True, has_run_out=False)) for each in waiting
        )

    async def _on_blocks(self, request: _OnBlocks, by: str) -> tuple[Block, ...]:
        match request:
            case ListBlocks():
                return await self.store.blocks(now=self.clock())
            case AddBlock():
                return (await self._block(request, by),)
            case LiftBlock():
                return await lift(
                    self.store, request.wanted, by=by, now=self.clock(), why=request.why
                )
            case ConfirmRemoval():
                return (await self.delisting.confirm(request.written),)

    async def _block(self, request: AddBlock, by: str) -> Block:
        now = self.clock()
        new = new_block(
            kind=request.kind,
            subject=request.subject,
            cause=request.cause,
            reason=request.reason,
            by=by,
            now=now,
            lasts=None if request.seconds is None else timedelta(seconds=request.seconds),
        )
        id_ = await self.store.block(new)
        there = await self.store.blocks(now=now, kind=new.kind, subject=new.subject)
        return next(each for each in there if each.id == id_)

    async def _on_tokens(self, request: OnTokens, by: str) -> tuple[TokenEntry, ...]:
        now = self.clock()
        match request:
            case ListTokens():
                return tuple(_token(each) for each in await tokens.all_tokens(self.store))
            case AddToken():
                written = tokens.written_token(secrets.token_urlsafe(32))
                new = tokens.new_token(
                    name=request.name,
                    scope=request.scope,
                    written=written,
                    by=by,
                    now=now,
                    lasts=timedelta(seconds=request.seconds),
                )
                return (_token(await tokens.make(self.store, new), written),)
            case RevokeToken():
                revoking = tokens.Revoking(request.wanted.strip(), by, now)
                ended = await tokens.revoke(self.store, revoking)
                return (_token(ended),) if ended else ()

    async def _trace(self, request: Trace) -> Lives:
        trace = await self.store.trace(
            request.wanted,
            since=request.since,
            until=request.until or self.clock(),
            most=min(request.most, MOST_MESSAGES),
        )

        def tell() -> Lives:
            found = [life_told(each, self.cause_of) for each in trace.lives]
            if request.status is not None:
                return Lives(found=tuple(each for each in found if _stands(each, request.status)))
            besides = [events_told(trace.events)] if trace.events else []
            return Lives(found=(*found, *besides))

        return await asyncio.to_thread(tell)  # Many attempts take long to be explained.

    async def _page(
        self, which: Selection, after: str | None
    ) -> tuple[Page, Mapping[str, MessageStanding]]:
        """Return a page of the queue, and of its messages what is meant, by their ids."""
        page = await self._entries(which, after)
        latest = await self.store.latest_attempts([each.message.id for each in page.entries])
        return page, await asyncio.to_thread(self._meant, page, latest, which)

    async def _entries(self, which: Selection, after: str | None) -> Page:
        if not which.ids:
            chosen = Filter(_state(which.state), which.domain, which.sender)
            return await self.store.queue(chosen, most=MOST_MESSAGES, after=after)
        lives = [await self.store.life(each) for each in which.ids[:MOST_MESSAGES]]
        return Page(tuple(each.entry for each in lives), (), None)

    def _meant(
        self, page: Page, latest: Mapping[tuple[str, int], Attempt], which: Selection
    ) -> dict[str, MessageStanding]:
        meant: dict[str, MessageStanding] = {}
        for entry in page.entries:
            if which.sender is not None and entry.message.sender.lower() != which.sender.lower():
                continue
            theirs = {
                each.number: latest[entry.message.id, each.number]
                for each in entry.recipients
                if (entry.message.id, each.number) in latest
            }
            narrowed = replace(entry, recipients=tuple(_recipients(entry, which)))
            shown = standing(narrowed, theirs, self.cause_of)
            if which.cause is not None:
                some = [each for each in shown.recipients if each.cause == which.cause]
                shown = structs.replace(shown, recipients=some)
            if shown.recipients:
                meant[entry.message.id] = shown
        return meant

    async def _do(self, request: Do, by: str) -> Changes:
        page, meant = await self._page(request.which, request.after)
        changes = [
            await self._do_one(request, by, id_, frozenset(r.number for r in shown.recipients))
            for id_, shown in meant.items()
        ]
        return Changes(changes=tuple(changes), after=page.after)

    async def _do_one(self, request: Do, by: str, id_: str, numbers: frozenset[int]) -> Change:
        now = self.clock()
        try:
            if request.act is Act.BOUNCE:
                return await self.bouncer.bounce(id_, numbers, by=by, why=request.why)
            touched = await self.store.operate(
                Instruction(_DEEDS[request.act], id_, by, now, numbers, request.why)
            )
        except StoreError as error:
            return Change(id=id_, changed=0, fault=str(error))
        return Change(id=id_, changed=touched.changed, being_tried=touched.being_tried)


def _entry(block: Block) -> BlockEntry:
    return BlockEntry(
        schema=SCHEMA,
        id=block.id,
        kind=block.kind,
        subject=block.subject,
        cause=block.cause,
        reason=block.reason,
        added=timestamp(block.added),
        added_by=block.added_by,
        until=timestamp(block.until),
        lifted=timestamp(block.lifted),
        lifted_by=block.lifted_by,
    )


def _removal(standing: Standing) -> RemovalEntry:
    removal = standing.removal
    return RemovalEntry(
        schema=SCHEMA,
        id=removal.id,
        subject=removal.subject,
        cause=removal.cause,
        address=removal.address,
        asked=timestamp(removal.asked),
        stage="over" if standing.has_run_out else removal.stage,
        changed=timestamp(removal.changed),
        why=removal.why,
        is_listed=standing.is_listed,
    )


def _token(token: tokens.Token, written: str | None = None) -> TokenEntry:
    return TokenEntry(
        schema=SCHEMA,
        id=token.id,
        name=token.name,
        scope=token.scope,
        made=timestamp(token.made),
        made_by=token.made_by,
        until=timestamp(token.until),
        revoked=timestamp(token.revoked),
        revoked_by=token.revoked_by,
        token=written,
    )


def _stands(traced: Traced, status: str) -> bool:
    """Say whether a recipient of the message stands or ended like that."""
    recipients = traced.message.recipients if traced.message else []
    return any(status in {each.state, each.ending} for each in recipients)


def _state(state: str | None) -> State | None:
    return None if state is None else State(state)


def _recipients(entry: Entry, which: Selection) -> Iterator[QueuedRecipient]:
    """Yield those that are meant, none that has ended."""
    for each in entry.recipients:
        is_meant = (
            each.state is not State.DONE
            and which.state in {None, each.state}
            and (which.domain is None or each.domain == which.domain.lower())
        )
        if is_meant:
            yield each
