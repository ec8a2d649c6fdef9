"""Tokens open what they are for, until they end; on both databases, of which none knows one."""

from datetime import timedelta

import pytest

from stores import Mail
from whybounce.gateway.tokens import (
    LONGEST_LIFE,
    BadTokenError,
    NewToken,
    Revoking,
    Scope,
    all_tokens,
    make,
    new_token,
    revoke,
    token_of,
    written_token,
)

WRITTEN = written_token("chance" * 7)


def _new(
    mail: Mail, *, name: str = "nightly report", written: str = WRITTEN, **more: object
) -> NewToken:
    usual = {"scope": "read", "by": "olga", "now": mail.now, "lasts": timedelta(days=1)}
    return new_token(name=name, written=written, **{**usual, **more})


async def test_a_token_is_found_by_what_was_shown_and_the_database_does_not_know_it(
    url, open_, mail, sql
):
    """Its hash alone, with who made it; that leaves an event."""
    async with open_(url) as store:
        made = await make(store, _new(mail))
        found = await token_of(store, WRITTEN)
        other = await token_of(store, WRITTEN[:-1])
        events = await store.happened("token-made", since=mail.now, most=9)
    rows = sql(url, "SELECT * FROM api_tokens")

    assert found == made
    assert other is None
    assert (found.scope, found.made_by) == (Scope.READ, "olga")
    assert WRITTEN not in str(rows)
    assert events[0].text == "nightly report: read, until 2026-11-22 12:00 UTC"


async def test_a_token_ends_by_itself_or_when_it_is_revoked(url, open_, mail):
    """Once, with who did it."""
    async with open_(url) as store:
        made = await make(store, _new(mail))
        revoked = await revoke(store, Revoking(made.id, "paul", mail.now))
        again = await revoke(store, Revoking(made.id, "paul", mail.now))
        none = await revoke(store, Revoking("nothing", "paul", mail.now))
        events = await store.happened("token-revoked", since=mail.now, most=9)

    assert not made.has_ended(mail.after(hours=23))
    assert made.has_ended(mail.after(hours=24))
    assert revoked.has_ended(mail.now)
    assert (again, none) == (None, None)
    assert [(each.actor, each.text) for each in events] == [("paul", "nightly report")]


async def test_what_ended_long_ago_is_let_go(url, open_, mail):
    """When the next is made."""
    async with open_(url) as store:
        await make(store, _new(mail, name="old"))
        await make(store, _new(mail, name="new", written="other", now=mail.after(days=92)))
        names = [each.name for each in await all_tokens(store)]

    assert names == ["new"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"name": " "}, "needs a name"),
        ({"name": "a" * 101}, "at most 100"),
        ({"name": "a\nb"}, "needs a name"),
        ({"scope": "all"}, "'all' is no scope; allowed is read or change"),
        ({"lasts": timedelta()}, "lasts at most 366 days"),
        ({"lasts": LONGEST_LIFE * 2}, "lasts at most 366 days"),
    ],
)
def test_what_cannot_be_made_is_told_why(mail, more, said):
    """In one sentence."""
    with pytest.raises(BadTokenError, match=said):
        _new(mail, **more)
