"""Every row of the seeds, raised over real SMTP by its real condition, and by nothing else.

The rows stand by family in ``tests/every_row``. Each starts a gateway of its own, sends with the
standard library's client, and reads the reply, or the NDR in a real Maildir, back with our reader.
"""

import re
from pathlib import Path

import pytest

from every_row import (
    authentication,
    connects,
    content,
    encryption,
    quotas,
    recipients,
    senders,
    transport,
)
from rows import NOTHING, PROXIED, Gateway, Row, read_back
from serving import Outside, configured, outside
from signed_zone import SignedZone
from test_seeds import ROWS as SEEDS
from whybounce.gateway.directory import DirectoryTable, demonstration, read_directory
from whybounce.gateway.service import running

ROWS: tuple[Row, ...] = (
    *connects.ROWS,
    *senders.ROWS,
    *quotas.ROWS,
    *recipients.ROWS,
    *content.ROWS,
    *authentication.ROWS,
    *transport.ROWS,
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.code}-{row.cause}")
async def test_the_condition_and_nothing_else_raises_the_row(row: Row, tmp_path: Path):
    async with outside() as world:
        await _judge(row, tmp_path, world, "")


@pytest.mark.parametrize("row", encryption.ROWS, ids=lambda row: f"{row.code}-{row.cause}")
async def test_a_defect_on_the_way_and_nothing_else_raises_the_row(
    row: Row, tmp_path: Path, signed_zone: SignedZone
):
    async with encryption.signed(signed_zone) as world:
        await _judge(row, tmp_path, world, world.outbound(tmp_path))


async def _judge(row: Row, folder: Path, world: Outside, outbound: str) -> None:
    config = configured(folder, world, outbound=outbound, more=PROXIED + row.config)
    async with running(config, _organisations(row, folder)) as gateway:
        here = Gateway(gateway, folder, world)
        assert await row.control(here) == NOTHING
        said = await row.raise_it(here)

    assert re.search(rf"\b{re.escape(row.code)}\b", said), said
    assert row.cause in read_back(said)
    assert [code for code in row.siblings if re.search(rf"\b{re.escape(code)}\b", said)] == []


def _organisations(row: Row, folder: Path) -> DirectoryTable:
    if not row.directory:
        return demonstration()
    file = folder / "directory.toml"
    file.write_text(row.directory, encoding="utf-8")
    return read_directory(file)


def test_every_row_of_the_seeds_is_raised():
    raised = {(row.code, row.cause) for row in (*ROWS, *encryption.ROWS)}
    missing = [
        (code, causes)
        for codes, _, causes, _ in SEEDS
        for code in codes or ("550",)
        if not any((code, cause) in raised for cause in causes)
    ]

    assert missing == []
    assert {cause for _, _, causes, _ in SEEDS for cause in causes} <= {
        cause for _, cause in raised
    }
