"""Every row of the seeds, raised over real SMTP by its real condition, and by nothing else.

The rows stand by family in ``tests/every_row``. Each starts a gateway of its own, sends with the
standard library's client, and reads the reply, or the NDR in a real Maildir, back with our reader.
"""

import re
from pathlib import Path

import pytest

from every_row import recipients, senders, transport
from every_row import content, recipients
from rows import NOTHING, Gateway, Row, read_back
from serving import configured, outside
from test_seeds import ROWS as SEEDS
from whybounce.gateway.directory import DirectoryTable, demonstration, read_directory
from whybounce.gateway.service import running

ROWS: tuple[Row, ...] = (*senders.ROWS, *recipients.ROWS, *transport.ROWS)
ROWS: tuple[Row, ...] = (*recipients.ROWS, *content.ROWS)

NOT_YET = (
    "bad-helo",
    "banned-ip",
    "banned-recipient",
    "banned-sender",
    "banned-sending-ip",
    "certificate-expired",
    "certificate-host-mismatch",
    "customer-block-list",
    "client-not-authenticated",
    "connection-refused",
    "daily-recipient-limit",
    "dmarc-reject",
    "dnssec-invalid",
    "hourly-limit-from-one-sender",
    "hourly-receive-limit",
    "ip-temporarily-restricted",
    "ipv6-needs-reverse-dns",
    "ipv6-needs-spf-or-dkim",
    "ipv6-range-limit",
    "journaling-not-supported",
    "mailbox-unavailable",
    "message-expired",
    "mta-sts-certificate",
    "mta-sts-mx-mismatch",
    "recipient-thread-limit",
    "rejected-by-recipient",
    "rich-text-header-too-long",
    "routing-loop",
    "sender-not-authenticated-by-organization",
    "sender-not-authenticated-for-mail-user",
    "sender-not-authenticated-for-mailbox",
    "sender-not-authenticated-for-public-folder",
    "relay-access-denied",
    "sender-denied",
    "sender-temporarily-restricted",
    "spf-violation",
    "starttls-not-supported",
    "submission-quota-exceeded",
    "tlsa-invalid",
    "too-many-recipients-at-once",
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
