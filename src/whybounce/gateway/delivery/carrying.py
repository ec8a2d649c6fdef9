"""A parcel carried to its destination, whatever kind that is: an attempt for each recipient."""

import contextlib
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from whybounce.checking.lookups import Resolver
from whybounce.gateway.delivery import maildir
from whybounce.gateway.delivery.attempts import (
    Asked,
    Attempt,
    Ending,
    Obstacle,
    Remote,
    obstructed,
)
from whybounce.gateway.delivery.connections import Connections
from whybounce.gateway.delivery.destinations import (
    Destination,
    Lmtp,
    Maildir,
    MailExchangers,
    Smarthost,
)
from whybounce.gateway.delivery.mail_exchangers import (
    Host,
    NoRoute,
    Route,
    Shuffle,
    route_to,
    route_to_host,
)
from whybounce.gateway.delivery.opening import Line
from whybounce.gateway.delivery.parcels import Parcel, Sign, header_of
from whybounce.gateway.delivery.relaying import PassedOver, relay
from whybounce.gateway.delivery.tls_policies import Barred, NextHop, TlsPolicies, TlsPolicy
from whybounce.vocabulary.reply import Reply
from whybounce.vocabulary.status_code import StatusCode

_log = logging.getLogger(__name__)

_IN_MAILBOX = Reply("Delivered to the mailbox", status=StatusCode(2, 0, 0))

_NO_ROUTE = "no-route"

# What may be told of a server of our choice as it is: its words blame nobody at the recipient's. All else
# that is no fault of the message is said as of the recipient's server, and is not true of ours.
_OF_EITHER = frozenset({"authentication-mechanism", "protocol-error"})
# A connector may demand a certificate of the recipient's side; our way out has none of theirs.
_OF_CONNECTOR = _OF_EITHER | {"partner-certificate-invalid"}

_Remote = MailExchangers | Smarthost | Lmtp

Carry = Callable[[Destination, Parcel], Awaitable[tuple[Attempt, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """Everything a parcel may need on its way."""

    host: str  # Our name.
    resolver: Resolver
    connections: Connections
    tls: TlsPolicies
    clear: TlsPolicy  # For mail stores, which stand beside us.
    clock: Callable[[], datetime]
    random_bits: Callable[[int], int]
    shuffle: Shuffle[tuple[int, str]]
    sign: Sign | None = None
    port: int = 25
    hops: int = 100  # RFC 5321 §6.3: more Received fields than this are a loop.
    own_names: frozenset[str] = frozenset()

    async def carry(self, destination: Destination, parcel: Parcel) -> tuple[Attempt, ...]:
        """Hand the parcel over. Raises what reading it raises, and nothing for what remotes do."""
        hops = _hops(await header_of(parcel))
        if hops > self.hops:
            evidence = f"{hops} servers have written a Received field"
            return self._obstructed(parcel, Obstacle("routing-loop", evidence, permanent=True))
        if isinstance(destination, Maildir):
            return await self._put(destination, parcel)
        ways: list[tuple[_Remote, Route]] = []
        closed: list[NoRoute] = []
        for each in _in_order(destination):
            route = await self._route(each)
            if isinstance(route, NoRoute):
                closed.append(route)
            else:
                ways.append((each, route))
        if not ways:
            return self._obstructed(parcel, _closed(destination, closed[0]))
        signed = parcel
        if self.sign is not None and parcel.is_ours:
            signed = replace(parcel, sign=self.sign)
        async with contextlib.aclosing(self._lines(ways, parcel)) as lines:
            attempts = await relay(signed, lines, self.connections, self.clock)
        if isinstance(destination, Smarthost):
            return tuple(_at_our_choice(each, destination) for each in attempts)
        return attempts

    async def _route(self, destination: MailExchangers | Smarthost | Lmtp) -> Route | NoRoute:
        match destination:
            case MailExchangers(domain):
                pass
            case Smarthost(host=domain, use_mx=True):
                pass
            case _:
                return await route_to_host(destination.host, self.resolver)
        return await route_to(domain, self.resolver, own_names=self.own_names, shuffle=self.shuffle)

    async def _lines(
        self, ways: Sequence[tuple[_Remote, Route]], parcel: Parcel
    ) -> AsyncGenerator[Line | PassedOver, None]:
        """Yield whom to ask, each host's policy asked for when its turn has come."""
        for destination, route in ways:
            for host in route.hosts:
                policy = await self._policy(destination, host, route, parcel)
                if isinstance(policy, Barred):
                    yield PassedOver(host, policy)
                    continue
                for address in host.addresses:
                    yield self._line(destination, host, address, policy)

    async def _policy(
        self,
        destination: MailExchangers | Smarthost | Lmtp,
        host: Host,
        route: Route,
        parcel: Parcel,
    ) -> TlsPolicy | Barred:
        if isinstance(destination, Lmtp):
            return self.clear
        hop = _next_hop(destination, host, route, parcel.recipients[0].domain, self.port)
        try:
            return await self.tls(hop)
        except Exception as error:  # noqa: BLE001  # some recipients may have it already: none gets it twice
            _log.exception("finding out how to encrypt for %s", hop.domain)
            evidence = f"{type(error).__name__} at asking how to encrypt"
            return Barred(None, Obstacle("system-error", evidence))

    def _line(
        self,
        destination: MailExchangers | Smarthost | Lmtp,
        host: Host,
        address: str,
        policy: TlsPolicy,
    ) -> Line:
        match destination:
            case Lmtp():
                return Line(host, address, destination.port, policy, lmtp=True)
            case MailExchangers():
                return Line(host, address, self.port, policy)
            case Smarthost():
                how, login = destination.encryption, destination.login
                return Line(host, address, destination.port, policy, how, login)

    async def _put(self, destination: Maildir, parcel: Parcel) -> tuple[Attempt, ...]:
        attempts = []
        for recipient in parcel.recipients:
            now = self.clock()
            name = maildir.unique_name(
                seconds=now.timestamp(),
                message=parcel.message.id,
                number=recipient.number,
                chance=self.random_bits(32),
                host=self.host,
            )
            delivering = maildir.Delivering(parcel.message.sender, recipient.address, name)
            said = await maildir.deliver(
                destination, parcel.read(), parcel.message.size, delivering
            )
            asked = Asked(now, said or _IN_MAILBOX, remote=Remote(self.host))
            ending = said.ending if said else Ending.DELIVERED
            attempts.append(Attempt(recipient, ending, (asked,), asked))
        return tuple(attempts)

    def _obstructed(self, parcel: Parcel, obstacle: Obstacle) -> tuple[Attempt, ...]:
        now = self.clock()
        return tuple(obstructed(each, obstacle, now) for each in parcel.recipients)


def _closed(destination: _Remote, found: NoRoute) -> Obstacle:
    """Return why there is no way: a host of our choice without an address is ours to put right.

    So nobody's mail comes back for it, and nobody is told that the recipient's domain is at fault.
    """
    if isinstance(destination, MailExchangers):
        return Obstacle(found.cause, found.evidence, found.permanent)
    return Obstacle(
        _NO_ROUTE, f"{destination.host}, configured here, has no address: {found.evidence}"
    )


def _at_our_choice(attempt: Attempt, chosen: Smarthost) -> Attempt:
    """Return the attempt with what is wrong with our own choice not said of the recipient's server."""
    told = partial(_told_of_our_choice, chosen=chosen, domain=attempt.recipient.domain)
    asked, decided = tuple(map(told, attempt.asked)), told(attempt.decided)
    return replace(attempt, asked=asked, decided=decided, through_our_choice=True)


def _told_of_our_choice(asked: Asked, *, chosen: Smarthost, domain: str) -> Asked:
    said = asked.said
    if not isinstance(said, Obstacle):
        return asked
    as_it_is = _OF_EITHER if chosen.is_way_out else _OF_CONNECTOR
    if said.permanent or said.cause in as_it_is:
        return asked
    host = asked.remote.host if asked.remote else chosen.host
    whose = (
        "which takes our mail for outside"
        if chosen.is_way_out
        else f"the server that mail for {domain} is sent through"
    )
    return replace(
        asked, said=Obstacle(_NO_ROUTE, f"{host}, {whose}, cannot be used now: {said.evidence}")
    )


def _next_hop(
    destination: MailExchangers | Smarthost, host: Host, route: Route, domain: str, port: int
) -> NextHop:
    if isinstance(destination, MailExchangers):
        by_mx = () if route.implicit else _names(destination.domain, route)
        return NextHop(domain, host, port, by_mx)
    by_mx = _names(destination.host, route) if destination.use_mx and not route.implicit else ()
    return NextHop(domain, host, destination.port, by_mx, is_configured=True)


def _names(domain: str, route: Route) -> tuple[str, ...]:
    return (domain,) if route.canonical is None else (domain, route.canonical)


def _hops(header: bytes) -> int:
    return sum(line[:9].lower() == b"received:" for line in header.split(b"\r\n"))


def _in_order(destination: _Remote) -> tuple[_Remote, ...]:
    """Return whom to ask, the first one first: a connector may have several hosts."""
    others = destination.others if isinstance(destination, Smarthost) else ()
    return destination, *others
