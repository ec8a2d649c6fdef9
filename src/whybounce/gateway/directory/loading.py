"""A directory into the tables, in one transaction: the old one stays until the new one is whole."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace
from sqlalchemy import delete, insert, select, update

from whybounce.gateway.addresses import folded_login
from whybounce.gateway.directory.nouns import Alias, DirectoryTable, Entry, Group, as_json
from whybounce.gateway.directory.tables import (
    LOADED,
    accounts,
    addresses,
    domains,
    entries,
    inbound_connectors,
    members,
    organisations,
    outbound_connectors,
    state,
)
from whybounce.gateway.store import Store
from whybounce.gateway.store.writer import Transaction

Rows = dict[str, list[dict[str, Any]]]


async def load(store: Store, directory: DirectoryTable, *, now: datetime) -> bool:
    """Put the directory in force; return whether it is another than before.

    Args:
        store: Whose database it is.
        directory: What ``read_directory`` returned: it holds together.
        now: When.

    Raises:
        StoreUnavailableError: The database does not work; the directory before stays in force.

    """
    digest = hashlib.blake2b(as_json(directory), digest_size=16).hexdigest()
    return await store.perform(_load, (digest, _rows(directory), now))


def _load(transaction: Transaction, asked: Sequence[tuple[str, Rows, datetime]]) -> list[bool]:
    return [_replace(transaction, *each) for each in asked]


def _replace(transaction: Transaction, digest: str, rows: Rows, now: datetime) -> bool:
    connection = transaction.connection
    # The one row is locked first, so that nodes that start together load one after the other.
    first = transaction.insert(state).values(id=1, digest="", loaded=None)
    connection.execute(first.on_conflict_do_update(index_elements=["id"], set_={"id": 1}))
    if connection.scalar(select(state.c.digest)) == digest:
        return False
    for table in reversed(LOADED):
        connection.execute(delete(table))
    for table in LOADED:
        if rows[table.name]:
            connection.execute(insert(table), rows[table.name])
    connection.execute(update(state).values(digest=digest, loaded=now))
    return True


def _rows(directory: DirectoryTable) -> Rows:
    """Return each table's rows."""
    rows: Rows = {table.name: [] for table in LOADED}
    holders = {
        address.key: entry.address.key
        for organisation in directory.organisation
        for _, entry in organisation.entries
        for address in entry.addresses
    }
    rows[addresses.name] = [{"key": key, "entry": entry} for key, entry in holders.items()]
    for organisation in directory.organisation:
        own = {"organisation": organisation.name}
        rows[organisations.name].append(
            {"name": organisation.name, "settings": organisation.settings}
        )
        rows[domains.name] += [
            {"name": each.name, "settings": each, **own} for each in organisation.domain
        ]
        rows[accounts.name] += [
            {"name": folded_login(each.name), "account": each, **own}
            for each in organisation.account
        ]
        rows[inbound_connectors.name] += [
            {"name": each.name, "connector": each, **own}
            for each in organisation.inbound_connector
            if not each.disabled
        ]
        rows[outbound_connectors.name] += [
            {"pattern": pattern, "connector": each, **own}
            for each in organisation.outbound_connector
            for pattern in each.domains
            if not each.disabled
        ]
        for _, entry in organisation.entries:
            rows[entries.name].append({**_entry_row(entry), **own})
            rows[members.name] += _member_rows(entry, holders)
    return rows


def _entry_row(entry: Entry) -> dict[str, Any]:
    kept = replace(entry, members=()) if isinstance(entry, Group) else entry
    return {
        "key": entry.address.key,
        "expands": int(isinstance(entry, Group | Alias)),
        "entry": kept,
    }


def _member_rows(entry: Entry, holders: dict[str, str]) -> Iterator[dict[str, Any]]:
    targets = (
        entry.members if isinstance(entry, Group) else entry.to if isinstance(entry, Alias) else ()
    )
    for number, address in enumerate(targets):
        yield {
            "parent": entry.address.key,
            "number": number,
            "key": holders.get(address.key, address.key),
            "address": str(address),
        }
