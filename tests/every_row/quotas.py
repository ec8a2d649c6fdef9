"""The rows about how much."""

import asyncio
import smtplib

from rows import MAIL, Gateway, Row, Said
from serving import ANNA, mails

BUSY = "busy@contoso.example"  # Three recipients a day.
POPULAR = "popular@contoso.example"  # Five messages an hour.


async def _after_three(gateway: Gateway) -> Said:
    """Write to three recipients, a group among them, in two messages; then to a fourth."""
    assert await gateway.submit("sales@contoso.example", "ben@contoso.example", account=BUSY) == ""
    assert await gateway.submit("ben@contoso.example", account=BUSY) == ""
    assert await gateway.submit("ben@contoso.example") == ""
    return await gateway.submit("ben@contoso.example", account=BUSY)


async def _after_three_by_helo(gateway: Gateway) -> Said:
    """Do so, by a client that greets again with HELO."""
    three = ("sales@contoso.example", "ben@contoso.example", ANNA)
    assert await gateway.submit(*three, account=BUSY) == ""

    def send() -> Said:
        with smtplib.SMTP("127.0.0.1", gateway.running.ports["submission"][0]) as smtp:
            smtp.login(BUSY, "demonstration")
            smtp.helo("old.example")
            smtp.mail(BUSY)
            code, answer = smtp.rcpt("ben@contoso.example")
            return f"{code} {answer.decode()}"

    return await asyncio.to_thread(send)


def _again_and_again(address: str, sender: str = "chris@remote.example") -> object:
    async def raise_it(gateway: Gateway) -> Said:
        for _ in range(10):
            if said := await gateway.bring(address, sender=sender):
                return said
        return said

    return raise_it


async def _too_quickly(gateway: Gateway) -> Said:
    for _ in range(10):
        if said := await gateway.submit("ben@contoso.example"):
            assert await gateway.submit("ben@contoso.example", account="ben@contoso.example") == ""
            return said
    return said


async def _from_one_sender(gateway: Gateway) -> Said:
    said = await _again_and_again("ben@contoso.example")(gateway)
    assert await gateway.bring("ben@contoso.example", sender="dora@remote.example") == ""
    assert await gateway.bring("ben@contoso.example", sender="") == ""
    return said


def _people(count: int) -> list[str]:
    """Return so many recipients at a domain where mail for anybody is taken."""
    return [f"reader{number}@fabrikam.example" for number in range(count)]


async def _two_hundred_and_one(gateway: Gateway) -> Said:
    """Name them all: those before are taken with the message, and so is another domain's."""

    def send() -> Said:
        with smtplib.SMTP("127.0.0.1", gateway.running.ports["inbound"][0]) as smtp:
            smtp.ehlo("mx.remote.example")
            smtp.mail("chris@remote.example")
            codes = [smtp.rcpt(each) for each in _people(201)]
            assert [code for code, _ in codes[:200]] == [250] * 200
            assert smtp.rcpt("ben@contoso.example")[0] == 250
            assert smtp.data(MAIL)[0] == 250
            code, answer = codes[200]
            return f"{code} {answer.decode()}"

    return await asyncio.to_thread(send)


async def _all_at_once(gateway: Gateway) -> Said:
    """Send long messages to one mailbox until one has to wait: Anna is told of the delay."""
    long = MAIL.replace("chris@remote.example", ANNA) + "0123456789abcde\r\n" * 10_000
    told = gateway.folder / "mailboxes" / ANNA / "new"
    while not told.is_dir():
        await asyncio.gather(*(gateway.submit("ben@contoso.example", mail=long) for _ in range(4)))
    octets, *_ = await mails(gateway.folder, ANNA)
    return octets.decode()


ROWS = (
    Row(
        code="4.3.2",
        cause="recipient-thread-limit",
        raise_it=_all_at_once,
        control=lambda gateway: gateway.submit("ben@contoso.example"),
        siblings=("4.4.7", "5.2.122"),
        config=(
            "[limits]\ndeliveries-per-mailbox = 1\nmailbox-wait = '0s'\n"
            "[retry]\ndelay-notice = '0s'\nwaits = ['1s']"
        ),
    ),
    Row(
        code="5.1.90",
        cause="daily-recipient-limit",
        raise_it=_after_three,
        control=lambda gateway: gateway.submit("ben@contoso.example"),
        siblings=("5.2.2",),
    ),
    Row(
        code="550",
        cause="submission-quota-exceeded",
        raise_it=_after_three_by_helo,
        control=lambda gateway: gateway.submit("ben@contoso.example"),
        siblings=("5.1.90", "5.2.2"),
    ),
    Row(
        code="5.2.2",
        cause="submission-quota-exceeded",
        raise_it=_too_quickly,
        control=lambda gateway: gateway.submit("ben@contoso.example", account=BUSY),
        siblings=("5.1.90",),
        config="[limits]\nmessages-per-minute = 3",
    ),
    Row(
        code="4.5.3",
        cause="too-many-recipients-at-once",
        raise_it=_two_hundred_and_one,
        control=lambda gateway: gateway.bring(*_people(20), "ben@contoso.example"),
        siblings=("5.1.90",),
        config="[limits]\nrecipients-per-domain = 200",
    ),
    Row(
        code="5.2.121",
        cause="hourly-limit-from-one-sender",
        raise_it=_from_one_sender,
        control=lambda gateway: gateway.bring("ben@contoso.example"),
        siblings=("5.2.122",),
        config="[limits]\nreceived-per-hour-from-one-sender = 3",
    ),
    Row(
        code="5.2.122",
        cause="hourly-receive-limit",
        raise_it=_again_and_again(POPULAR),
        control=lambda gateway: gateway.bring(POPULAR),
        siblings=("5.2.121",),
    ),
)
