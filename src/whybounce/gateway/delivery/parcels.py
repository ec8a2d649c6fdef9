"""What is handed over: a message, some of its recipients, and a way to read its octets again."""

from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass

from whybounce.gateway.store.rows import LeasedRecipient, QueuedMessage
from whybounce.vocabulary.envelope import BodyType

ABOVE = "above"  # The fact with fields that are written above the message when it leaves.
OURS = "ours"  # The fact by which a message's session says whose it is.

_MOST_HEADER = 1_048_576  # Octets searched for the header's end.

Reading = Callable[[], AsyncGenerator[bytes, None]]
Sign = Callable[[AsyncIterable[bytes]], Awaitable[bytes]]
"""Given a message, return a field to write above it, or nothing."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message for recipients who get it at the same place."""

    message: QueuedMessage
    recipients: tuple[LeasedRecipient, ...]
    read: Reading  # Begins anew with each call.
    sign: Sign | None = None  # Where the message is ours to sign.
    whole: Callable[[], Awaitable[bytes]] | None = None  # All at once, where it is small.

    @property
    def is_eight_bit(self) -> bool:
        """Whether its body was declared to hold octets above 127."""
        return self.message.body_type is not BodyType.SEVEN_BIT

    @property
    def is_ours(self) -> bool:
        """Whether our own people, servers of ours or this system wrote it."""
        session = self.message.session
        return session is None or session.account is not None or OURS in session.facts


async def whole(parcel: Parcel) -> bytes:
    """Return all of the message's octets."""
    if parcel.whole is not None:
        return await parcel.whole()
    return b"".join([piece async for piece in parcel.read()])


async def pieces_of(
    octets: bytes, rest: AsyncGenerator[bytes, None] | None = None
) -> AsyncGenerator[bytes, None]:
    """Yield octets that are held, then the rest."""
    yield octets
    if rest is not None:
        async with aclosing(rest):
            async for piece in rest:
                yield piece


async def header_of(parcel: Parcel) -> bytes:
    """Return the header section, with the line end of its last line."""
    if parcel.whole is not None:
        octets = await parcel.whole()
        end = octets.find(b"\r\n\r\n")
        return octets[: end + 2] if end >= 0 else octets
    header = bytearray()
    async with aclosing(parcel.read()) as pieces:
        async for piece in pieces:
            searched = max(0, len(header) - 3)
            header += piece
            end = header.find(b"\r\n\r\n", searched)
            if end >= 0:
                return bytes(header[: end + 2])
            if len(header) >= _MOST_HEADER:
                break
    return bytes(header)
