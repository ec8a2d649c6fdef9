"""A parcel handed over by SMTP or LMTP: hosts and addresses in their order until all is decided.

RFC 5321 §5.1, RFC 2033. What each answer means is said in ``decisions``.
"""

import asyncio
from collections.abc import AsyncIterable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime

from whybounce.checking.domains import address_to_ascii
from whybounce.gateway.delivery.ascii_header import with_ascii_header
from whybounce.gateway.delivery.attempts import Asked, Attempt, Ending, Obstacle, Remote
from whybounce.gateway.delivery.connections import Connections
from whybounce.gateway.delivery.conversion import seven_bit
from whybounce.gateway.delivery.decisions import Decision, decide
from whybounce.gateway.delivery.mail_exchangers import Host
from whybounce.gateway.delivery.opening import Line, Opened
from whybounce.gateway.delivery.parcels import Parcel, header_of, pieces_of, whole
from whybounce.gateway.delivery.tls_policies import Barred
from whybounce.gateway.smtp.client import Answered, Delivery, Fault, ServerReply
from whybounce.gateway.smtp.connecting import ClientConnection
from whybounce.gateway.store.rows import LeasedRecipient
from whybounce.vocabulary.envelope import (
    BodyType,
    Envelope,
    OriginalRecipient,
    Recipient,
)
from whybounce.vocabulary.reply import Reply

_MOST_RECIPIENTS = 100  # In one transaction: what every server takes, RFC 5321 §4.5.3.1.8.
_MOST_CONVERTED = 32 << 20  # Octets of a message that is converted, which happens in memory.

Clock = Callable[[], datetime]

# What the client could not do or did not get, as the catalogue calls it.
_CAUSES = {
    Fault.LOST: "connection-closed",
    Fault.TIMED_OUT: "connection-timed-out",
    Fault.NOT_SMTP: "protocol-error",
    Fault.TLS_FAILED: "tls-handshake-failed",
    Fault.NEEDS_SMTPUTF8: "internationalized-address",
    Fault.NEEDS_8BITMIME: "media-not-supported",
    Fault.TOO_LARGE: "message-too-large",
    Fault.NO_MECHANISM: "authentication-mechanism",
}
_FINAL_FAULTS = frozenset({Fault.NEEDS_SMTPUTF8, Fault.NEEDS_8BITMIME, Fault.TOO_LARGE})


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A host that is not asked."""

    host: Host
    barred: Barred


async def relay(
    parcel: Parcel, lines: AsyncIterable[Line | PassedOver], connections: Connections, clock: Clock
) -> tuple[Attempt, ...]:
    """Hand the parcel over at the first of the lines that takes it; an attempt per recipient.

    Raises what reading the parcel raises; ValueError where there is no line at all.
    """
    work = _Work(parcel, clock)
    async for line in lines:
        for some in work.undecided():
            if isinstance(line, PassedOver):
                work.note_passed_over(some, line)
            else:
                await _ask(work, some, line, connections)
        if not work.undecided():
            break
    return work.attempts()


async def _ask(
    work: "_Work", some: Sequence[LeasedRecipient], line: Line, connections: Connections
) -> None:
    async with connections.to(line) as opened:
        is_stale = not opened.is_fresh
        if opened.connection is not None:
            delivery = await _deliver(work.parcel, some, opened.connection)
            # It closed while it waited, and we could not know: that is no answer to this mail.
            is_stale = is_stale and _met_a_closed_door(delivery)
            if not is_stale:
                work.note(some, delivery, opened, line)
                return
    if is_stale:
        async with connections.to(line, fresh=True) as opened:
            if opened.connection is not None:
                delivery = await _deliver(work.parcel, some, opened.connection)
                work.note(some, delivery, opened, line)
                return
    work.note_troubles(some, opened)


def _met_a_closed_door(delivery: Delivery) -> bool:
    answers = [result.answered for result in delivery.results]
    closed = (Decision.NEXT_HOST,)
    return all(each.command in ("MAIL", "RSET") and decide(each) in closed for each in answers)


async def _deliver(
    parcel: Parcel, some: Sequence[LeasedRecipient], connection: ClientConnection
) -> Delivery:
    """Hand over what the server can take; converted where it cannot take it as it is."""
    envelope = _envelope(parcel, some)
    offers = connection.extensions
    needs_smtputf8 = "SMTPUTF8" not in offers and not _is_in_ascii(envelope)
    if needs_smtputf8:
        in_ascii = _in_ascii(envelope)
        if (await header_of(parcel)).isascii():
            envelope = in_ascii
        elif not in_ascii.smtputf8:
            converted = await _with_ascii_header(parcel, takes_eight_bit="8BITMIME" in offers)
            if converted is not None:
                body = BodyType.SEVEN_BIT if converted.isascii() else BodyType.EIGHT_BIT_MIME
                signature = await parcel.sign(pieces_of(converted)) if parcel.sign else b""
                return await connection.deliver(replace(in_ascii, body=body), signature + converted)
    if "8BITMIME" not in offers and parcel.is_eight_bit:
        converted = await _converted(parcel)
        if converted is not None:
            envelope = replace(envelope, body=BodyType.SEVEN_BIT)
            signature = await parcel.sign(pieces_of(converted)) if parcel.sign else b""
            return await connection.deliver(envelope, signature + converted)
    if parcel.sign is None and parcel.whole is not None:
        return await connection.deliver(envelope, await parcel.whole())
    if parcel.sign is None:
        return await connection.deliver(envelope, parcel.read(), parcel.message.size)
    async with aclosing(parcel.read()) as pieces:
        signature = await parcel.sign(pieces)
    below = pieces_of(signature, parcel.read())
    return await connection.deliver(envelope, below, parcel.message.size + len(signature))


def _addresses(envelope: Envelope) -> tuple[str, ...]:
    return (envelope.return_path, *(each.address for each in envelope.recipients))


def _is_in_ascii(envelope: Envelope) -> bool:
    return not envelope.smtputf8 and all(map(str.isascii, _addresses(envelope)))


def _in_ascii(envelope: Envelope) -> Envelope:
    """Return the envelope without SMTPUTF8 where domains in A-labels are all it takes."""
    return_path, *recipients = map(address_to_ascii, _addresses(envelope))
    converted = [
        replace(each, address=address)
        for each, address in zip(envelope.recipients, recipients, strict=True)
        if address is not None
    ]
    if return_path is None or len(converted) < len(recipients):
        return envelope
    return replace(envelope, return_path=return_path, recipients=tuple(converted), smtputf8=False)


async def _converted(parcel: Parcel) -> bytes | None:
    if parcel.message.size > _MOST_CONVERTED:
        return None
    return await asyncio.to_thread(seven_bit, await whole(parcel))


async def _with_ascii_header(parcel: Parcel, *, takes_eight_bit: bool) -> bytes | None:
    if parcel.message.size > _MOST_CONVERTED:
        return None
    converted = await asyncio.to_thread(with_ascii_header, await whole(parcel))
    if converted is None or takes_eight_bit:
        return converted
    return await asyncio.to_thread(seven_bit, converted)


def _envelope(parcel: Parcel, some: Sequence[LeasedRecipient]) -> Envelope:
    message = parcel.message
    return Envelope(
        return_path=message.sender,
        recipients=tuple(map(_recipient, some)),
        body=BodyType.EIGHT_BIT_MIME if parcel.is_eight_bit else BodyType.SEVEN_BIT,
        smtputf8=message.smtputf8,
        return_=message.ret,
        envelope_id=message.envid,
    )


def _recipient(leased: LeasedRecipient) -> Recipient:
    return Recipient(leased.address, leased.notify, _original(leased.orcpt))


def _original(orcpt: str | None) -> OriginalRecipient | None:
    """Return ORCPT as the store keeps it: ``rfc822;anna@example.org``, decoded."""
    type_, mark, address = (orcpt or "").partition(";")
    return OriginalRecipient(type_, address) if mark else None


@dataclass(slots=True)
class _Fate:
    """What is known about one recipient so far."""

    recipient: LeasedRecipient
    asked: list[Asked] = field(default_factory=list)
    decisions: list[tuple[Decision, Asked]] = field(default_factory=list)
    passed_dsn: bool = False
    accepted_as: Ending = Ending.RELAYED

    @property
    def is_decided(self) -> bool:
        return bool(self.decisions) and self.decisions[-1][0] in _DECIDED


_DECIDED = {
    Decision.ACCEPTED: None,  # Delivered or relayed, as the line has it.
    Decision.DEFERRED: Ending.DEFERRED,
    Decision.FAILED: Ending.FAILED,
}


class _Work:
    """A parcel, and what is known about its recipients so far."""

    def __init__(self, parcel: Parcel, clock: Clock) -> None:
        self.parcel = parcel
        self._clock = clock
        self._fates = {each.number: _Fate(each) for each in parcel.recipients}

    def undecided(self) -> list[tuple[LeasedRecipient, ...]]:
        """Return the recipients that another host may still take, as many as go together."""
        left = [fate.recipient for fate in self._fates.values() if not fate.is_decided]
        return [
            tuple(left[start : start + _MOST_RECIPIENTS])
            for start in range(0, len(left), _MOST_RECIPIENTS)
        ]

    def note(
        self, some: Sequence[LeasedRecipient], delivery: Delivery, opened: Opened, line: Line
    ) -> None:
        """Take what the server answered about each."""
        for trouble in opened.troubles:  # Such as TLS that failed before it went in the clear.
            asked = self._asked(trouble.command, trouble.said, trouble.remote)
            for recipient in some:
                self._fates[recipient.number].asked.append(asked)
        limit = _size_limit(opened.connection)
        for recipient, result in zip(some, delivery.results, strict=True):
            answered = result.answered
            asked = self._asked(answered.command, answered, opened.remote, limit)
            fate = self._fates[recipient.number]
            fate.asked.append(asked)
            fate.decisions.append((decide(answered), asked))
            fate.passed_dsn = delivery.passed_dsn
            fate.accepted_as = Ending.DELIVERED if line.lmtp else Ending.RELAYED

    def note_troubles(self, some: Sequence[LeasedRecipient], opened: Opened) -> None:
        """Take why there is no connection."""
        for trouble in opened.troubles:
            asked = self._asked(trouble.command, trouble.said, trouble.remote)
            said = trouble.said
            decision = decide(said) if isinstance(said, Answered) else Decision.NEXT_HOST
            for recipient in some:
                fate = self._fates[recipient.number]
                fate.asked.append(asked)
                fate.decisions.append((decision, asked))

    def note_passed_over(self, some: Sequence[LeasedRecipient], passed: PassedOver) -> None:
        """Take why a host is passed over."""
        remote = Remote(passed.host.name, policy=passed.barred.policy)
        asked = Asked(self._clock(), passed.barred.obstacle, remote=remote)
        for recipient in some:
            fate = self._fates[recipient.number]
            fate.asked.append(asked)
            fate.decisions.append((Decision.NEXT_HOST, asked))

    def _asked(
        self, command: str, said: Answered | Obstacle, remote: Remote, limit: int | None = None
    ) -> Asked:
        told = said if isinstance(said, Obstacle) else _told(said, remote, limit)
        return Asked(self._clock(), told, command, remote)

    def attempts(self) -> tuple[Attempt, ...]:
        """Return what it all came to. Raises ValueError where nobody was asked."""
        if not all(fate.decisions for fate in self._fates.values()):
            raise ValueError("there is nobody to hand the parcel to")
        return tuple(map(_attempt, self._fates.values()))


def _told(answered: Answered, remote: Remote, limit: int | None) -> Reply | Obstacle:
    if isinstance(answered.heard, ServerReply):
        return answered.heard.reply
    fault = answered.heard
    return Obstacle(
        _CAUSES[fault],
        f"{fault} at {answered.command}: {remote.host} [{remote.address}]",
        permanent=fault in _FINAL_FAULTS,
        limit=limit if fault is Fault.TOO_LARGE else None,
    )


def _size_limit(connection: ClientConnection | None) -> int | None:
    written = connection.extensions.get("SIZE", "") if connection else ""
    return int(written[:20]) if written.isascii() and written.isdecimal() else None


def _attempt(fate: _Fate) -> Attempt:
    ending, decided = _conclusion(fate)
    return Attempt(fate.recipient, ending, tuple(fate.asked), decided, fate.passed_dsn)


def _conclusion(fate: _Fate) -> tuple[Ending, Asked]:
    """Return what one try came to: never only where nobody left a door open."""
    last, asked = fate.decisions[-1]
    if last in _DECIDED:
        return _DECIDED[last] or fate.accepted_as, asked
    open_doors = [each for decision, each in fate.decisions if decision is Decision.NEXT_HOST]
    if not open_doors:
        return Ending.FAILED, asked
    # Somebody's words tell more than silence, and silence more than a host that was not asked.
    replies = [each for each in open_doors if each.reply is not None]
    asked_ones = [each for each in open_doors if each.remote and each.remote.address]
    return Ending.DEFERRED, (replies or asked_ones or open_doors)[-1]
