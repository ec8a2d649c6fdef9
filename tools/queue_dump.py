"""Write the queue that tests/gateway/store/queues/ keeps of this release's tables.

    python tools/queue_dump.py

Run it once for each new migration, when it is released: later releases must open what this one
wrote. What is there already is never written anew.
"""

import asyncio
import random
import sqlite3
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from whybounce.checking.mta_sts import Mode, StsPolicy
from whybounce.gateway.directory import demonstration, load
from whybounce.gateway.mta_sts.keeping import Kept, keep
from whybounce.gateway.store import (
    Deed,
    Instruction,
    NewBlock,
    body_of,
    open_store,
)
from whybounce.gateway.store.migrating import HEAD
from whybounce.gateway.store.rows import (
    Attempt,
    CallKind,
    Calls,
    Deferral,
    Envelope,
    Event,
    NewMessage,
    Outgoing,
    Recipient,
    Retirement,
    Session,
    Settlement,
    Terminal,
)
from whybounce.gateway.tokens import make, new_token
from whybounce.vocabulary.envelope import BodyType, Notify, Return

QUEUES = Path(__file__).parent.parent / "tests/gateway/store/queues"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def message(*addresses: str, sender: str = "anna@example.org") -> NewMessage:
    """Return a message that uses every column."""
    recipients = tuple(
        Recipient(address, f"rfc822;{address}", frozenset({Notify.FAILURE}))
        for address in addresses
    )
    return NewMessage(
        Envelope(
            sender, recipients, Return.FULL, "QQ314159", BodyType.EIGHT_BIT_MIME, smtputf8=True
        ),
        arrived=NOW,
        expires=NOW + timedelta(days=5),
        session=Session("192.0.2.1", "mail.example.org", "helo", "ESMTPS", facts={"spf": "pass"}),
        message_id="<1@example.org>",
        subject="Minutes",
        counts={"sender:anna@example.org": 1},
    )


async def fill(folder: str) -> None:
    """Put one of everything into a queue: delivered, deferred, failed, held, reported, blocked; a directory, a policy, a token, a call."""
    chance = random.Random(1)  # noqa: S311  # the same in every run
    url = f"sqlite:///{folder}/queue.db"
    # No memory for bodies being received: they go to files, however small.
    async with open_store(url, random_bits=chance.getrandbits, memory=0) as store:
        store.calls = Calls({CallKind.FAILED: ["crm"]}, lambda _: "{}", lambda: None)
        three = message("ben@example.net", "carol@example.net", "dora@example.net")
        async with store.receive() as body:
            await body.write(b"Subject: Minutes\r\n\r\nIn a file.\r\n")
            await store.accept(three, body)
        (one,) = await store.lease(9, node="a", now=NOW, until=NOW + timedelta(minutes=5))
        report = message("anna@example.org", sender="")
        failed = Retirement(
            2, Terminal.FAILED, "no-such-mailbox", "5.1.1", "550 No", "mx", report=0
        )
        await store.settle(
            Settlement(
                one,
                NOW,
                (
                    Attempt(
                        0,
                        NOW,
                        "mx",
                        "192.0.2.9",
                        "TLSv1.3",
                        "DATA",
                        250,
                        "2.0.0",
                        "Ok",
                        policy="dane",
                    ),
                ),
                (Deferral(1, NOW + timedelta(minutes=1), delay_told=NOW),),
                (Retirement(0, Terminal.DELIVERED), failed),
                (Outgoing(report, body_of(b"Subject: Undeliverable\r\n\r\nIn a row.\r\n")),),
            )
        )
        held = await store.accept(message("emil@example.net"), body_of(b"Subject: Held\r\n\r\n"))
        await store.operate(Instruction(Deed.HOLD, held, "olga", NOW, why="ask legal"))
        await store.block(NewBlock("sender", "x@example.org", "banned-sender", "spam", "olga", NOW))
        await load(store, demonstration(), now=NOW)
        policy = StsPolicy(Mode.ENFORCE, 604_800, ("mx.example.net",))
        until = NOW + timedelta(days=7)
        await keep(store, Kept("example.net", "20261121", policy, NOW, until, NOW))
        await make(
            store,
            new_token(
                name="nightly report",
                scope="read",
                written="a token of nobody",
                by="olga",
                now=NOW,
                lasts=timedelta(days=90),
            ),
        )
        await store.record(Event(NOW, "refused", "policy", "550 no", address="bin@example.net"))


def main() -> int:
    """Write the dump and the files beside it, unless they are there."""
    dump, bodies = QUEUES / f"{HEAD}.sql", QUEUES / f"{HEAD}.bodies"
    if dump.exists():
        print(f"{dump} is there already, and stays as it is")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(fill(folder))
        with sqlite3.connect(f"{folder}/queue.db") as queue:
            written = "\n".join(queue.iterdump())
        queue.close()
        bodies.mkdir(parents=True)
        dump.write_text(written + "\n", encoding="utf-8")
        for path in Path(folder, "queue.db.bodies").iterdir():
            (bodies / path.name).write_bytes(path.read_bytes())
    print(f"{dump} written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
