"""Removal from the block list by those who are on it."""

import asyncio
import email
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from facts import NOW
from whybounce.gateway.blocks import new_block
from whybounce.gateway.delisting import BY_DECISION, CAUSE, Delisting, DelistingError
from whybounce.gateway.removals import to_decide
from whybounce.gateway.store import Filter, Store, open_store

PAGE = "https://mail.contoso.example/delist"


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now


@asynccontextmanager
async def listed(folder: Path, *subjects: str, cause: str = CAUSE) -> AsyncIterator[Delisting]:
    """Open a store in which the subjects are on the list."""
    numbers = iter(range(1, 1_000_000))
    async with open_store(
        f"sqlite:///{folder}/q.db", random_bits=lambda bits: next(numbers) % (1 << bits)
    ) as store:
        for each in subjects:
            await listed_again(store, each, cause)
        yield Delisting(
            store=store,
            host="mail.contoso.example",
            page=PAGE,
            expire_after=timedelta(days=1),
            clock=Clock(),
        )


async def listed_again(store: Store, subject: str, cause: str = CAUSE, now: datetime = NOW) -> None:
    """Put it on the list."""
    await store.block(
        new_block(
            kind="ip", subject=subject, cause=cause, reason="spam", by="o", now=now, lasts=None
        )
    )


async def mailed(
    delisting: Delisting, to: str = "olga@remote.example"
) -> email.message.EmailMessage:
    """Return the last mail that was sent."""
    leased = await delisting.store.lease(
        9, node="a", now=delisting.clock(), until=delisting.clock() + timedelta(minutes=1)
    )
    consignment = max(leased, key=lambda each: each.message.arrived)
    body = delisting.store.body(consignment.message.id, node="a", now=delisting.clock())
    octets = b"".join([piece async for piece in body])
    assert (consignment.message.sender, consignment.recipients[0].address) == (
        "",
        to,
    )
    assert consignment.message.smtputf8 is not to.isascii()
    return email.message_from_bytes(octets, policy=email.policy.default)


def link_in(mail: email.message.EmailMessage) -> str:
    """Return what is to be opened."""
    return re.search(r"https://\S+", mail.get_content())[0]


async def test_a_listed_server_is_taken_off_when_the_mailed_link_is_confirmed(tmp_path):
    """And not before; who asked stands in the events, and the link is good once."""
    async with listed(tmp_path, "192.0.2.9") as delisting:
        block, _ = await delisting.request("192.0.2.9", "olga@remote.example")
        assert await delisting.store.blocks(now=NOW) == (block,)
        mail = await mailed(delisting)
        page, _, written = link_in(mail).partition("?confirm=")

        lifted = await delisting.confirm(written)

        assert (mail["To"], mail["From"]) == (
            "olga@remote.example",
            "postmaster@mail.contoso.example",
        )
        assert "192.0.2.9" in mail["Subject"]
        assert "within 24 hours" in mail.get_content()
        assert page == PAGE
        assert (lifted.id, lifted.lifted_by) == (block.id, "olga@remote.example")
        assert await delisting.store.blocks(now=NOW) == ()
        with pytest.raises(DelistingError, match="not listed any more"):
            await delisting.confirm(written)


async def test_an_address_beyond_ascii_is_written_to_as_it_is(tmp_path):
    """RFC 6531: an encoded word is nobody's address."""
    async with listed(tmp_path, "192.0.2.9") as delisting:
        await delisting.request("192.0.2.9", "ölga@remote.example")
        mail = await mailed(delisting, "ölga@remote.example")

    assert mail["To"] == "ölga@remote.example"


async def test_one_server_of_a_listed_network_asks_for_the_network(tmp_path):
    """The mail says what is taken off."""
    async with listed(tmp_path, "2001:db8::/32") as delisting:
        block, _ = await delisting.request("2001:db8::9", "olga@remote.example")

        assert block.subject == "2001:db8::/32"
        assert "2001:db8::/32" in (await mailed(delisting))["Subject"]


@pytest.mark.parametrize(
    ("ip", "address", "said"),
    [
        ("192.0.2.10", "olga@remote.example", "192.0.2.10 is not on the list that can be left"),
        ("mail.example", "olga@remote.example", "'mail.example' is no IP address"),
        ("192.0.2.9", "olga", "'olga' is no e-mail address; write one such as"),
        ("192.0.2.9", "olga@remote.example\r\nBcc: x@y.example", "is no e-mail address; write one"),
    ],
)
async def test_what_cannot_be_asked_for_is_said_in_a_sentence(tmp_path, ip, address, said):
    async with listed(tmp_path, "192.0.2.9") as delisting:
        with pytest.raises(DelistingError, match=said):
            await delisting.request(ip, address)


async def test_a_ban_is_lifted_by_an_administrator_alone(tmp_path):
    """The mail proves who asks and puts the request before them; they remove, or refuse and say why."""
    async with listed(tmp_path, "192.0.2.9", "192.0.2.10", cause=BY_DECISION) as delisting:
        stages = []
        for ip, remove in (("192.0.2.9", True), ("192.0.2.10", False)):
            _, token = await delisting.request(ip, "olga@remote.example")
            stages.append((await delisting.standing(token)).removal.stage)
            assert await to_decide(delisting.store) == ()
            mail = await mailed(delisting)
            confirmed = await delisting.confirm(link_in(mail).partition("?confirm=")[2])
            assert confirmed.lifted is None
            assert "Somebody here then decides" in mail.get_content()
            (waiting,) = await to_decide(delisting.store)
            stages.append(waiting.stage)
            if not remove:
                with pytest.raises(DelistingError, match="told why"):
                    await delisting.decide(waiting.id, remove=False, by="paul", why=" ")
            await delisting.decide(waiting.id, remove=remove, by="paul", why="" if remove else "no")
            after = await delisting.standing(token)
            stages.append(after.removal.stage)
            assert after.is_listed is not remove
            with pytest.raises(DelistingError, match="has been decided"):
                await delisting.decide(waiting.id, remove=remove, by="paul", why="again")
            delisting.clock.now += timedelta(minutes=2)
        left = [each.subject for each in await delisting.store.blocks(now=delisting.clock())]

    assert stages == ["asked", "confirmed", "removed", "asked", "confirmed", "refused"]
    assert left == ["192.0.2.10"]


async def test_whoever_asked_can_see_how_it_stands_and_nobody_else(tmp_path):
    """By a token; what is none opens nothing."""
    async with listed(tmp_path, "192.0.2.9") as delisting:
        _, token = await delisting.request("192.0.2.9", "olga@remote.example")
        mail = await mailed(delisting)
        asked = await delisting.standing(token)
        none = await delisting.standing(token[:-1])
        delisting.clock.now += timedelta(days=1, seconds=1)
        late = await delisting.standing(token)
        delisting.clock.now -= timedelta(hours=2)
        await delisting.confirm(link_in(mail).partition("?confirm=")[2])
        removed = await delisting.standing(token)
        await listed_again(delisting.store, "192.0.2.9", now=delisting.clock())
        again = await delisting.standing(token)

    assert none is None
    assert token not in mail.as_string()
    assert (asked.removal.stage, asked.is_listed, asked.has_run_out) == ("asked", True, False)
    assert late.has_run_out
    assert (removed.removal.stage, removed.is_listed) == ("removed", False)
    assert (again.removal.stage, again.is_listed) == ("removed", True)


async def test_without_a_page_a_ban_is_not_asked_about(tmp_path):
    """There a person has to be written to."""
    async with listed(tmp_path, "192.0.2.9", cause=BY_DECISION) as delisting:
        with pytest.raises(DelistingError, match="not on the list"):
            await replace(delisting, page="").request("192.0.2.9", "olga@remote.example")


async def test_nobody_is_mailed_more_than_a_few_times_a_day(tmp_path):
    """Whoever names another's address sends them three mails at most."""
    async with listed(tmp_path, "192.0.2.9") as delisting:
        for _ in range(3):
            await delisting.request("192.0.2.9", "olga@remote.example")
        with pytest.raises(DelistingError, match="asked about 3 times today"):
            await delisting.request("192.0.2.9", "paul@remote.example")
        delisting.clock.now += timedelta(days=1, minutes=1)
        await delisting.request("192.0.2.9", "olga@remote.example")


async def test_who_is_listed_again_and_again_has_to_write_to_a_person(tmp_path):
    """After two removals in a month."""
    async with listed(tmp_path) as delisting:
        for _ in range(2):
            await listed_again(delisting.store, "192.0.2.9", now=delisting.clock())
            await delisting.request("192.0.2.9", "olga@remote.example")
            written = link_in(await mailed(delisting)).partition("?confirm=")[2]
            await delisting.confirm(written)
            delisting.clock.now += timedelta(days=2)
        await listed_again(delisting.store, "192.0.2.9", now=delisting.clock())
        with pytest.raises(DelistingError, match=r"2 times in a month .* postmaster@mail\.contoso"):
            await delisting.request("192.0.2.9", "olga@remote.example")


async def test_a_link_is_good_for_a_day(tmp_path):
    async with listed(tmp_path, "192.0.2.9") as delisting:
        await delisting.request("192.0.2.9", "olga@remote.example")
        written = link_in(await mailed(delisting)).partition("?confirm=")[2]
        delisting.clock.now += timedelta(days=1, seconds=1)
        with pytest.raises(DelistingError, match="older than a day"):
            await delisting.confirm(written)


async def test_a_link_cannot_be_made_up_nor_changed(tmp_path):
    """Nor does one block's lift another's."""
    async with listed(tmp_path, "192.0.2.9", "192.0.2.10") as delisting:
        await delisting.request("192.0.2.9", "olga@remote.example")
        claim, _, mark = link_in(await mailed(delisting)).partition("?confirm=")[2].partition(".")
        other = urlsafe_b64encode(urlsafe_b64decode(claim + "==").replace(b"2.9", b"2.10")).decode()
        marks = ("", mark[:-1], mark.upper(), "é", "0" * 32)
        for forged in ("", ".", "x", "é.é", f"{other}.{mark}", *(f"{claim}.{m}" for m in marks)):
            with pytest.raises(DelistingError):
                await delisting.confirm(forged)

        assert len(await delisting.store.blocks(now=NOW)) == 2


async def test_without_a_page_an_operator_confirms_what_is_mailed(tmp_path):
    async with listed(tmp_path, "192.0.2.9") as delisting:
        without = replace(delisting, page="")
        await without.request("192.0.2.9", "olga@remote.example")
        text = (await mailed(without)).get_content()
        written = re.search(r"^  (\S+)\r?$", text, re.MULTILINE)[1]

        assert "send this line to postmaster@mail.contoso.example within 24 hours:" in text

        assert (await without.confirm(written)).subject == "192.0.2.9"


async def test_who_ask_at_once_are_mailed_no_more_often(tmp_path):
    """Each is counted before the next one is looked at."""
    async with listed(tmp_path, "192.0.2.9") as delisting:
        asking = (delisting.request("192.0.2.9", "olga@remote.example") for _ in range(9))
        answers = await asyncio.gather(*asking, return_exceptions=True)
        kept = await delisting.store.queue(Filter(), most=99)

    assert sum(isinstance(answer, DelistingError) for answer in answers) == 6
    assert len(kept.entries) == 3
