"""Every row of the seeds, raised over real SMTP by its real condition, and by nothing else.

The rows stand by family in ``tests/every_row``. Each starts a gateway of its own, sends with the
standard library's client, and reads the reply, or the NDR in a real Maildir, back with our reader.
"""

import re
from pathlib import Path

import pytest

from every_row import authentication, connects, content, quotas, recipients, senders, transport
from rows import NOTHING, Gateway, Row, read_back
from serving import configured, outside
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

NOT_YET: tuple[str, ...] = (
    "certificate-expired",
    "certificate-host-mismatch",
    "dnssec-invalid",
    "mta-sts-certificate",
    "mta-sts-mx-mismatch",
    "starttls-not-supported",
    "tlsa-invalid",
)
"""The causes of the seeds' rows that no row above raises."""

_PROXIED = """
[[listener]]
name = "proxied"
addresses = ["127.0.0.1:0"]
proxies = ["127.0.0.1"]
"""


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.code}-{row.cause}")
async def test_the_condition_and_nothing_else_raises_the_row(row: Row, tmp_path: Path):
    async with outside() as world:
        config = configured(tmp_path, world, more=_PROXIED + row.config)
        async with running(config, _organisations(row, tmp_path)) as gateway:
            here = Gateway(gateway, tmp_path, world)
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


def test_every_row_of_the_seeds_is_raised_or_named_as_missing():
    wanted = {cause for _, _, causes, _ in SEEDS for cause in causes}

    assert {row.cause for row in ROWS} & set(NOT_YET) == set()
    assert wanted - {row.cause for row in ROWS} == set(NOT_YET)
