"""A directory is put in force as a whole or not at all."""

import asyncio
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace
from sqlalchemy import func, select

from whybounce.gateway.directory import (
    Directory,
    DirectoryError,
    Passwords,
    demonstration,
    destination,
    load,
    loading,
)
from whybounce.gateway.directory.tables import LOADED, members, state
from whybounce.gateway.store import StoreError

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)

FIRST = """
[[organisation]]
name = "A"
[[organisation.domain]]
name = "a.example"
[[organisation.mailbox]]
address = "anna@a.example"
"""
SECOND = FIRST.replace("anna", "ben")


async def counts(store):
    """Return how many rows each table has."""
    return await store.ask(
        lambda c: {each.name: c.scalar(select(func.count()).select_from(each)) for each in LOADED}
    )


async def test_everything_in_the_file_comes_into_the_tables(url, store_at):
    """On each database; loaded again, it is the same."""
    directory = demonstration()
    async with store_at(url) as store:
        assert await load(store, directory, now=NOW)
        loaded = await counts(store)
        assert not await load(store, directory, now=NOW)
        assert await counts(store) == loaded
        assert await store.ask(lambda c: c.scalar(select(state.c.loaded))) == NOW

    organisations = directory.organisation
    entries = [entry for each in organisations for _, entry in each.entries]
    assert all(loaded.values())
    assert loaded["directory_entries"] == len(entries)
    assert loaded["directory_addresses"] == sum(len(entry.addresses) for entry in entries)
    assert loaded["directory_accounts"] == sum(len(each.account) for each in organisations)


async def test_what_comes_out_is_what_went_in(store_at, url):
    """Each noun as it was, but a group's members, which are asked for."""
    directory = demonstration()
    async with store_at(url) as store:
        await load(store, directory, now=NOW)
        asked = Directory(store, Passwords())
        for organisation in directory.organisation:
            assert await asked.organisation(organisation.name) == organisation.settings
            for domain in organisation.domain:
                assert await asked.domain(domain.name) == domain
            for table, entry in organisation.entries:
                expected = replace(entry, members=()) if table == "group" else entry
                for address in entry.addresses:
                    assert (await asked.recipient(address)).entry == expected
            for account in organisation.account:
                assert (await asked.account(account.name)).account == account


async def test_a_reload_replaces_everything(url, store_at, reads):
    """Who is in the old file only is gone."""
    async with store_at(url) as store:
        asked = Directory(store, Passwords())
        await load(store, reads(FIRST), now=NOW)
        assert await load(store, reads(SECOND), now=NOW)

        assert await asked.recipient("anna@a.example") is None
        assert (await asked.recipient("ben@a.example")).organisation == "A"


async def test_the_old_one_stays_where_the_new_one_is_wrong(url, store_at, reads, monkeypatch):
    """Whether the file is wrong, or the database refuses it half way."""
    async with store_at(url) as store:
        asked = Directory(store, Passwords())
        await load(store, reads(FIRST), now=NOW)
        with pytest.raises(DirectoryError):
            await load(store, reads(SECOND + SECOND), now=NOW)
        orphan = {"parent": "nobody", "number": 0, "key": "x", "address": "x"}
        honest = loading._rows  # noqa: SLF001  # what goes into the tables, to be spoiled
        monkeypatch.setattr(
            loading, "_rows", lambda table: {**honest(table), members.name: [orphan]}
        )
        with pytest.raises(StoreError):
            await load(store, reads(SECOND), now=NOW)
        monkeypatch.undo()

        assert (await asked.recipient("anna@a.example")).organisation == "A"
        assert await asked.recipient("ben@a.example") is None
        assert not await load(store, reads(FIRST), now=NOW)


async def test_nodes_that_load_together_load_one_after_the_other(postgresql_url, store_at, reads):
    """Each finds a whole directory; the last one stays."""
    tables = [reads(FIRST), reads(SECOND), reads(FIRST), reads(SECOND)]
    stores = [store_at(postgresql_url) for _ in tables]
    opened = [await each.__aenter__() for each in stores]
    await asyncio.gather(
        *(load(store, table, now=NOW) for store, table in zip(opened, tables, strict=True))
    )

    assert (await counts(opened[0]))["directory_entries"] == 1
    for each in stores:
        await each.__aexit__(None, None, None)


@pytest.mark.parametrize(
    "strange", ["a\0b@a.example", "\udcff@a.example", "anna@\udcff", "\0", "'"]
)
async def test_strange_names_lead_nowhere_on_any_database(url, store_at, reads, strange):
    """They come from clients, and are no trouble of ours."""
    async with store_at(url) as store:
        await load(store, reads(FIRST), now=NOW)
        asked = Directory(store, Passwords())

        assert await asked.recipient(strange) is None
        assert await asked.account(strange) is None
        assert await asked.domain(strange) is None
        assert await asked.organisation_of(strange) is None
        assert await asked.connector_for(strange, organisation="A") is None
        ours = await store.ask(lambda c: destination(c, strange, "anna@a.example"))
        assert ours.rights.accepted
