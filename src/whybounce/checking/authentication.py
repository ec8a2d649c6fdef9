"""Who sent this message? Everything the gateway's policies ask about that, asked at once."""

import asyncio

from whybounce.checking import arc as chains, dkim as signing, dmarc as alignment, spf as sending
from whybounce.checking.lookups import Asking, LookUps
from whybounce.checking.message import HashedMessage
from whybounce.checking.reverse_dns import finding as reverse_finding, reverse_name
from whybounce.vocabulary.authentication import Authentication
from whybounce.vocabulary.finding import Finding


async def authentication_of(
    resolver: Asking,
    message: HashedMessage,
    *,
    address: str,
    helo: str,
    mail_from: str,
    receiver: str,
    seconds: float = 20.0,
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

    Raises:
        ValueError: ``address`` is no IP address.

    """
    asking = LookUps(resolver, seconds=seconds)
    spf, spf_helo, signatures, chain, name = await asyncio.gather(
        sending.spf(asking, address=address, mail_from=mail_from, helo=helo, receiver=receiver),
        sending.spf_of_helo(asking, address=address, helo=helo, receiver=receiver),
        signing.dkim(asking, message),
        chains.arc(asking, message),
        reverse_name(asking, address),
    )
    dmarc = await alignment.dmarc(asking, authors=message.authors, spf=spf, signatures=signatures)
    return Authentication(helo, mail_from, spf, spf_helo, signatures, dmarc, chain, name)


def findings_of(found: Authentication) -> tuple[Finding, ...]:
    """Return the same as findings, in the order a person is told them."""
    return (
        sending.finding(found.spf),
        *signing.findings(found.signatures, found.dmarc.domain),
        alignment.finding(found.dmarc),
        reverse_finding(found.reverse_name),
    )
