"""The postmaster's list of withheld notices: once a day, and only where there is something in it."""

import email
import email.policy
from random import Random

from whybounce.gateway.operating.digest import Digest
from whybounce.gateway.store import Filter
from whybounce.gateway.store.rows import Event


async def test_the_list_is_written_once_a_day_where_something_was_withheld(sqlite_url, open_, mail):
    """With whom it was for and why; not again within the day, nor by another node."""
    to: list[str] = []
    chance = Random(1)  # noqa: S311  # the same in every run
    written = []

    async with open_(sqlite_url) as store:

        async def write(node: str, **later: float) -> None:
            digest = Digest(
                store=store,
                to=lambda: to,
                host="mail.example.org",
                node=node,
                random_bits=chance.getrandbits,
            )
            await digest.write(mail.after(**later))
            written.append(len((await store.queue(Filter(), most=99)).entries))

        await write("a")
        to.append("olga@example.org")
        await write("a", minutes=1)
        text = "550 5.1.1 User unknown\r\nX: ü"
        await store.record(
            Event(mail.after(minutes=2), "report-withheld", "a", text, address="x@example.net")
        )
        await write("a", minutes=3)
        await write("b", minutes=9)
        (entry,) = (await store.queue(Filter(), most=9)).entries
        octets = await mail.content(store, entry.message.id)
        await write("b", hours=23)
        await write("b", hours=48)

    assert written == [0, 0, 1, 1, 1, 1]
    assert entry.message.sender == ""
    assert [each.address for each in entry.recipients] == ["olga@example.org"]
    parsed = email.message_from_bytes(octets, policy=email.policy.default)
    assert parsed["Subject"] == "Notices withheld in the last day: 1"
    assert parsed["From"] == "postmaster@mail.example.org"
    assert "x@example.net  message : 550 5.1.1 User unknown  X: ü" in parsed.get_content()
    assert octets.count(b"\n") == octets.count(b"\r\n")
