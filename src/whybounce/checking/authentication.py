"""Who sent this message? Everything the gateway's policies ask about that, asked at once."""

import asyncio

from whybounce.checking import arc as chains, dkim as signing, dmarc as alignment, spf as sending
from whybounce.checking.conclusions import Conclusions
from whybounce.checking.lookups import Asking, LookUps
from whybounce.checking.message import HashedMessage
from whybounce.checking.reverse_dns import reverse_name
from whybounce.vocabulary.authentication import (
    ArcResult,
    Authentication,
    DmarcResult,
    Result,
    ReverseNameResult,
    SignatureResult,
    SpfResult,
)


async def authentication_of(
    resolver: Asking,
    message: HashedMessage,
    *,
    address: str,
    helo: str,
    mail_from: str,
    receiver: str,
    seconds: float = 20.0,
    conclusions: Conclusions | None = None,
) -> Authentication:
    """Return what SPF, DKIM, DMARC, ARC and the reverse DNS say about a message.

    Never raises for what a stranger wrote or published: what could not be told is ``temperror``,
    and what has a mistake ``permerror``. All look-ups together stay within the limits of
    ``LookUps``.

    Args:
        resolver: Who is asked.
        message: From ``MessageHasher``, which was fed the message as it came.
        address: The client's IP address.
        helo: As the client gave it.
        mail_from: The return path, without brackets; empty for the null one.
        receiver: Our own name.
        seconds: How long the look-ups may take, all of them together.
        conclusions: What was found before, about other messages, by the same resolver.

    Raises:
        ValueError: ``address`` is no IP address.

    """
    asking = LookUps(resolver, seconds=seconds)
    before = conclusions or Conclusions()
    of_client = ("client", address, helo, receiver)
    of_sender = ("sender", address, helo, receiver, mail_from)

    async def client() -> tuple[SpfResult, ReverseNameResult]:
        return await before.of(of_client, asking, ask_about_client, is_sure=_are_sure)

    async def ask_about_client(asking: Asking) -> tuple[SpfResult, ReverseNameResult]:
        return await asyncio.gather(
            sending.spf_of_helo(asking, address=address, helo=helo, receiver=receiver),
            reverse_name(asking, address),
        )

    async def sender() -> SpfResult:
        return await before.of(of_sender, asking, ask_about_sender, is_sure=_is_sure)

    async def ask_about_sender(asking: Asking) -> SpfResult:
        return await sending.spf(
            asking, address=address, mail_from=mail_from, helo=helo, receiver=receiver
        )

    async def signed() -> tuple[tuple[SignatureResult, ...], ArcResult]:
        if not message.arc:
            return await signing.dkim(asking, message), await chains.arc(asking, message)
        return await asyncio.gather(signing.dkim(asking, message), chains.arc(asking, message))

    if before.known(of_client) and before.known(of_sender):  # Tasks would cost more than they save.
        about_client, spf, about_signatures = await client(), await sender(), await signed()
    else:
        about_client, spf, about_signatures = await asyncio.gather(client(), sender(), signed())
    (spf_helo, name), (signatures, chain) = about_client, about_signatures

    async def ask_about_author(asking: Asking) -> DmarcResult:
        return await alignment.dmarc(
            asking, authors=message.authors, spf=spf, signatures=signatures
        )

    claimed = tuple((one.result, one.domain, one.evidence) for one in signatures)
    of_author = ("author", message.authors, spf, claimed)
    dmarc = await before.of(of_author, asking, ask_about_author, is_sure=_is_sure)
    return Authentication(helo, mail_from, spf, spf_helo, signatures, dmarc, chain, name)


def _is_sure(found: SpfResult | ReverseNameResult | DmarcResult) -> bool:
    return found.result is not Result.TEMPERROR


def _are_sure(found: tuple[SpfResult, ReverseNameResult]) -> bool:
    client, name = found
    return _is_sure(client) and _is_sure(name)
