"""The database goes away under the whole gateway: in the middle of a commit, and for a while."""

import asyncio
import json
import signal
import smtplib
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import event
from sqlalchemy.engine import Engine

from serving import configured, mails, running_demonstration, submit
from whybounce.gateway.config import Config, read_config

BEN = "ben@contoso.example"


def on(url: str, folder: Path) -> Config:
    """Return the configuration of a gateway whose queue is there."""
    configured(folder, more='[health]\nlag = "1s"\n')
    file = folder / "whybounce.toml"
    file.write_text(file.read_text().replace('queue = "data"', f'queue = "{url}"'))
    return read_config(file, {})


@contextmanager
def cut_in_the_commit(url: str) -> Iterator[list[str]]:
    """Let the server end the connection between a message's rows and their COMMIT, once."""
    struck: list[str] = []
    taking: list[object] = []

    def note(connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("INSERT INTO messages"):
            taking.append(connection)

    def strike(connection: object) -> None:
        if connection in taking and not struck:
            struck.append("cut")
            with psycopg.connect(url, autocommit=True) as other:
                other.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )

    event.listen(Engine, "before_cursor_execute", note)
    event.listen(Engine, "commit", strike)
    try:
        yield struck
    finally:
        event.remove(Engine, "before_cursor_execute", note)
        event.remove(Engine, "commit", strike)


async def test_a_commit_that_nobody_confirmed_is_451_and_the_next_is_taken(
    in_memory, postgresql_url
):
    """Nobody knows whether it happened, so the client sends it again: once or twice, never not."""
    async with running_demonstration(on(postgresql_url, in_memory)) as gateway:
        with cut_in_the_commit(postgresql_url) as struck:
            try:
                await submit(gateway, BEN)
            except smtplib.SMTPDataError as error:
                said = error
            again = await submit(gateway, BEN)
        found = await mails(in_memory, BEN)

    assert struck
    assert said.smtp_code == 451
    assert b"psycopg" not in said.smtp_error
    assert again == {}
    assert len(found) in {1, 2}


async def test_while_its_database_is_gone_health_says_so_and_then_that_it_is_back(
    in_memory, postgresql, postgresql_url
):
    """Nobody has to do anything to the gateway."""
    async with running_demonstration(on(postgresql_url, in_memory)) as gateway:
        before = await _health(str(gateway.pages), 200)
        await asyncio.to_thread(postgresql.stop, signal.SIGQUIT)
        try:
            during = await _health(str(gateway.pages), 503)
        finally:
            await asyncio.to_thread(postgresql.start)
        after = await _health(str(gateway.pages), 200)
        taken = await submit(gateway, BEN)

    assert during["status"] == "failing"
    assert "queue" in during["reasons"][0]
    assert (before["status"], after["status"]) == ("degraded", "degraded")  # There is no DNS.
    assert taken == {}


async def _health(pages: str, status: int) -> dict:
    """Return what health says, once it is that."""
    async with asyncio.timeout(60):
        while (found := await asyncio.to_thread(_asked, pages))[0] != status:  # noqa: ASYNC110  # it asks
            await asyncio.sleep(0.2)
    return found[1]


def _asked(pages: str) -> tuple[int, dict]:
    try:
        with urllib.request.urlopen(f"http://{pages}/health", timeout=30) as page:  # ours
            return page.status, json.loads(page.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())
