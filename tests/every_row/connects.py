"""The rows about who connects."""

from datetime import UTC, datetime

from rows import Gateway, Row, Said
from serving import ANNA
from whybounce.gateway.spam_signs import GTUBE
from whybounce.gateway.store import NewBlock

CLIENT = "192.0.2.9"
SPAM = f"From: chris@remote.example\r\nSubject: Offer\r\n\r\n{GTUBE.decode()}\r\n"


def _blocked(cause: str, reason: str, subject: str = CLIENT) -> object:
    """Return a condition: the client is on a list."""

    async def raise_it(gateway: Gateway) -> Said:
        now = datetime.now(UTC)
        await gateway.running.store.block(NewBlock("ip", subject, cause, reason, "olga", now))
        assert await gateway.bring("postmaster@contoso.example", client=CLIENT) == ""
        assert await gateway.submit(ANNA) == ""
        return await gateway.bring("ben@contoso.example", client=CLIENT)

    return raise_it


async def _neighbour(gateway: Gateway) -> Said:
    return await gateway.bring("ben@contoso.example", client="192.0.3.9")


async def _guesses(gateway: Gateway) -> Said:
    """Guess addresses until something else is said than that nobody has them."""
    for number in range(10):
        said = await gateway.bring(f"guess{number}@contoso.example", client=CLIENT)
        if "5.1.10" not in said:
            return await gateway.bring("ben@contoso.example", client=CLIENT)
    return said


async def _guesses_of_a_domain(gateway: Gateway) -> Said:
    """Guess from many addresses; the domain is what they share."""
    for number in range(10):
        client = f"192.0.2.{number}"
        said = await gateway.bring(f"guess{number}@contoso.example", client=client)
        if "5.1.10" not in said:
            return said
    return said


def _sends(mail: str | None = None, client: str = CLIENT) -> object:
    """Return a condition: message after message, until one is not taken."""

    async def raise_it(gateway: Gateway) -> Said:
        for _ in range(10):
            said = await gateway.bring("ben@contoso.example", client=client, **_mail(mail))
            if said:
                return said
        return said

    return raise_it


def _mail(text: str | None) -> dict[str, str]:
    return {} if text is None else {"mail": text}


async def _sends_from_a_range(gateway: Gateway) -> Said:
    for number in range(10):
        client = f"2001:db8:1:2::{number + 1:x}"
        if said := await gateway.bring("ben@contoso.example", client=client):
            assert await gateway.bring("ben@contoso.example", client="2001:db8:1:3::1") == ""
            return said
    return said


_CLIENTS = "[policies]\nsender_unsuspicious = 'off'\n[limits]\nleast = 3\n"
_SENDERS = "[policies]\nclient_unsuspicious = 'off'\n[limits]\nleast = 3\n"

ROWS = (
    Row(
        code="5.7.511",
        cause="banned-ip",
        raise_it=_blocked("banned-ip", "a case", "192.0.2.0/24"),
        control=_neighbour,
        siblings=("5.7.606", "4.7.850"),
    ),
    *(
        Row(
            code=code,
            cause="banned-sending-ip",
            raise_it=_blocked("banned-sending-ip", f"{reason}: seen"),
            control=_neighbour,
            siblings=("5.7.511", "4.7.850"),
        )
        for code, reason in (("5.7.606", "spam"), ("5.7.607", "compromised"))
    ),
    *(
        Row(
            code=code,
            cause=cause,
            raise_it=raise_it,
            control=_neighbour,
            siblings=("5.7.511", "5.7.606", other),
            config=config,
        )
        for code, cause, other, raise_it, config in (
            ("4.7.850", "ip-temporarily-restricted", "4.7.500", _sends(),
             _CLIENTS + "unusual-messages = 3"),
            ("4.7.860", "ip-temporarily-restricted", "4.7.550", _guesses,
             _CLIENTS + "unknown-recipients = 50"),
            ("4.7.870", "ip-temporarily-restricted", "4.7.600", _sends(SPAM),
             _CLIENTS + "spam = 50\n[spam]\ngtube = true"),
            ("4.7.500", "sender-temporarily-restricted", "4.7.850", _sends(),
             _SENDERS + "unusual-messages = 3"),
            ("4.7.550", "sender-temporarily-restricted", "4.7.860", _guesses_of_a_domain,
             _SENDERS + "unknown-recipients = 50"),
            ("4.7.600", "sender-temporarily-restricted", "4.7.870",
             _sends("From: chris@remote.example\r\nX-Spam-Flag: YES\r\n\r\nOffer\r\n"),
             _SENDERS + "spam = 50\n[spam]\nheader = 'X-Spam-Flag'"),
        )
    ),
    Row(
        code="5.7.508",
        cause="ipv6-range-limit",
        raise_it=_sends_from_a_range,
        control=lambda gateway: gateway.bring("ben@contoso.example", client="2001:db8:9::1"),
        siblings=("4.7.850", "5.7.510"),
        config=(
            "[limits]\nipv6-range-per-hour = 3\n"
            "[policies]\nipv6_named = 'off'\nipv6_authenticated = 'off'"
        ),
    ),
    Row(
        code="5.7.506",
        cause="bad-helo",
        raise_it=lambda gateway: gateway.bring(
            "ben@contoso.example", client=CLIENT, helo="mail.contoso.example"
        ),
        control=lambda gateway: gateway.bring("ben@contoso.example", client=CLIENT),
        siblings=("5.7.511",),
    ),
)  # fmt: skip
