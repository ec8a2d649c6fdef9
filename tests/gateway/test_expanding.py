"""What stands for others, opened: where that has a bound, nothing is lost at it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from serving import bring, configured, mails
from whybounce.gateway.directory import read_directory
from whybounce.gateway.expanding import _recipient, _Way
from whybounce.gateway.service import running
from whybounce.gateway.store.rows import LeasedRecipient

_DOMAIN = """
[[organisation]]
name = "Contoso"

[[organisation.domain]]
name = "contoso.example"
"""
_MAILBOX = """
[[organisation.mailbox]]
address = "m{number}@contoso.example"
forward-to = ["m{next}@contoso.example"]
keep-copy = {keep}
"""
_LAST = """
[[organisation.mailbox]]
address = "m30@contoso.example"
"""


async def test_a_long_chain_of_forwarding_ends_in_a_mailbox(in_memory: Path):
    """With the twentieth; also where somebody on the way keeps a copy."""
    file = in_memory / "directory.toml"
    chain = [_MAILBOX.format(number=n, next=n + 1, keep=str(n == 1).lower()) for n in range(30)]
    file.write_text(_DOMAIN + "".join(chain) + _LAST)
    async with running(configured(in_memory), read_directory(file)) as gateway:
        await bring(gateway, "m0@contoso.example")
        (kept,) = await mails(in_memory, "m1@contoso.example")
        (last,) = await mails(in_memory, "m20@contoso.example")

    assert b"See below." in kept
    assert b"See below." in last
    assert not (in_memory / "mailboxes" / "m30@contoso.example").exists()


@pytest.mark.parametrize(
    ("alias", "original"),
    [
        ("books@contoso.example", "rfc822;books@contoso.example"),
        ("bücher@contoso.example", "utf-8;bücher@contoso.example"),
    ],
)
def test_an_alias_is_told_as_the_original_recipient_in_a_form_that_servers_take(alias, original):
    """RFC 6533 §3: rfc822 is ASCII, and a server refuses the recipient for anything else."""
    leased = LeasedRecipient(0, alias, "contoso.example", None, None, 0, None)

    assert _recipient(_Way("ben@example.org", ""), leased).orcpt == original


async def test_a_trace_names_those_it_went_on_to(in_memory: Path):
    """Who asks about the group's message learns whose to ask about next; of many, the first ones."""
    file = in_memory / "directory.toml"
    people = "".join(
        f'[[organisation.mailbox]]\naddress = "p{n}@contoso.example"\n' for n in range(23)
    )
    members = ", ".join(f'"p{n}@contoso.example"' for n in range(23))
    group = f'[[organisation.group]]\naddress = "all@contoso.example"\nmembers = [{members}]\n'
    file.write_text(_DOMAIN + people + group)
    async with running(configured(in_memory), read_directory(file)) as gateway:
        await bring(gateway, "all@contoso.example")
        await mails(in_memory, "p22@contoso.example")
        now = datetime.now(UTC)
        hour = timedelta(hours=1)
        trace = await gateway.store.trace(
            "all@contoso.example", since=now - hour, until=now + hour, most=5
        )

    (opened,) = (event for life in trace.lives for event in life.events if event.kind == "opened")
    assert opened.text.startswith("p0@contoso.example, p1@contoso.example")
    assert opened.text.endswith(" and 3 more")
