"""Blocks as operators handle them: whom they name, what is said to those, and how they end.

The policies that hold to blocks say which kinds of subjects they look for; nothing else can be blocked.
"""

from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_interface, ip_network

from whybounce.gateway.addresses import folded_login
from whybounce.gateway.directory.nouns import Correspondent
from whybounce.gateway.policies import POLICIES, Need
from whybounce.gateway.store import Lifting, NewBlock, Store
from whybounce.gateway.store.rows import Block

SHORTEST_PREFIX = {4: 8, 6: 16}  # Of networks that can be blocked.

KINDS = ("ip", "sender", "account", "organisation", "recipient")


class BadBlockError(ValueError):
    """What cannot be blocked, and why, in one sentence."""


def causes_for(kind: str) -> tuple[str, ...]:
    """Return the causes that a block of the kind can have raised; the first is the usual one."""
    holding = [each for each in POLICIES if Need.BLOCKS in each.needs]
    # A policy that names no kinds tells by the cause alone.
    fitting = [each for each in holding if not each.blocks or kind in each.blocks]
    return tuple(dict.fromkeys(cause for each in fitting for cause in each.causes))


def subject_of(kind: str, written: str) -> str:
    """Return the subject in its one spelling: an address, a network, a domain as ``@example.org``.

    Raises:
        BadBlockError: It is none of that kind.

    """
    if kind not in KINDS:
        raise BadBlockError(f"{kind!r} cannot be blocked; allowed is {', '.join(KINDS)}")
    written = written.strip()
    if kind == "ip":
        return _network(written)
    if kind in {"sender", "recipient"}:
        try:
            return Correspondent.parse(written).key
        except ValueError as error:
            raise BadBlockError(
                f"{written!r} is no e-mail address; write one such as anna@contoso.example,"
                " or a domain such as @fabrikam.example"
            ) from error
    if not written:
        raise BadBlockError(f"the {kind} has no name")
    return folded_login(written) if kind == "account" else written


def new_block(
    *,
    kind: str,
    subject: str,
    cause: str,
    reason: str,
    by: str,
    now: datetime,
    lasts: timedelta | None,
) -> NewBlock:
    """Return a block to put in force.

    Args:
        kind: Whom it names.
        subject: As it was written.
        cause: Raised for the subject; empty: the usual one for the kind.
        reason: For whoever has to decide about lifting it; a sub-reason and a colon may begin it.
        by: Who wants it.
        now: When.
        lasts: How long; None: until it is lifted.

    Raises:
        BadBlockError: The subject is none of that kind, or the cause is not raised for it.

    """
    spelled, causes = subject_of(kind, subject), causes_for(kind)
    if not causes:
        raise BadBlockError(f"no policy looks for blocks of the kind {kind!r}")
    if cause and cause not in causes:
        raise BadBlockError(f"{cause!r} is not said to a blocked {kind}; {_list(causes)} are")
    until = now + lasts if lasts is not None else None
    return NewBlock(kind, spelled, cause or causes[0], reason, by, now, until)


async def lift(
    store: Store, wanted: str, *, by: str, now: datetime, why: str = ""
) -> tuple[Block, ...]:
    """Lift the block with that id, or all that name the subject; return those that were in force.

    What was counted of a restricted subject is forgotten: else it would be restricted again at once.
    """
    lifted = []
    for block in await _meant(store, wanted, now):
        ended = await store.lift(Lifting(block.id, by, now, why))
        if ended is not None:
            lifted.append(ended)
            await _forget(store, ended)
    return tuple(lifted)


async def _meant(store: Store, wanted: str, now: datetime) -> list[Block]:
    names = {wanted.strip()}
    for kind in KINDS:
        try:
            names.add(subject_of(kind, wanted))
        except BadBlockError:
            continue
    return [
        each for each in await store.blocks(now=now) if each.id in names or each.subject in names
    ]


async def _forget(store: Store, block: Block) -> None:
    counted = {
        f"{tally.of or tally.name} {block.subject}"
        for policy in POLICIES
        if block.cause in policy.causes and block.kind in policy.blocks
        for tally in policy.tallies
    }
    if counted:
        await store.forget(counted)


def _network(written: str) -> str:
    try:
        network: IPv4Network | IPv6Network = ip_network(written)
    except ValueError as error:
        raise BadBlockError(f"{written!r} is {_why_none(written)}") from error
    shortest = SHORTEST_PREFIX[network.version]
    if network.prefixlen < shortest:
        raise BadBlockError(
            f"{written!r} is too large; a network to block has /{shortest} at least"
        )
    is_one = network.prefixlen == network.max_prefixlen
    return str(network.network_address if is_one else network)


def _why_none(written: str) -> str:
    """Return what is wrong with what is no network, and what to write."""
    try:
        one = ip_interface(written)
    except ValueError:
        return "no IP address; write one such as 192.0.2.25, or a network such as 192.0.2.0/24"
    return f"one address of a network; write {one.network} for all of it, or {one.ip}"


def _list(causes: tuple[str, ...]) -> str:
    return " and ".join((", ".join(causes[:-1]), causes[-1])) if causes[1:] else causes[0]
