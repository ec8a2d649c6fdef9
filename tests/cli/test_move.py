"""``whybounce queue move`` as it is typed: from a gateway's own folder to PostgreSQL, and back."""

import asyncio
import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from postgresql import PostgreSQL, postgresql_running
from serving import ANNA, configured, running_demonstration, submit
from whybounce.cli import app
from whybounce.cli.refusal import Refusal


@pytest.fixture(scope="module")
def postgresql() -> Iterator[PostgreSQL]:
    """Start a server on a free port."""
    with (
        tempfile.TemporaryDirectory(prefix="whybounce-pg-", ignore_cleanup_errors=True) as folder,
        postgresql_running(folder) as server,
    ):
        yield server


def typed(*words: str) -> str:
    """Type a command; return what it prints."""
    done = CliRunner().invoke(app, [str(word) for word in words])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.output


def refused(*words: str) -> str:
    """Type a command that is refused; return the sentence."""
    with pytest.raises(Refusal) as refusal:
        typed(*words)
    return str(refusal.value)


def documented(folder: Path, url: str) -> list[str]:
    """Return the command that the guide shows, on this folder and that database."""
    guide = (Path(__file__).parents[2] / "docs" / "deploy.md").read_text(encoding="utf-8")
    words = re.search(r"bin/whybounce (queue move .*?)\n```", guide, re.DOTALL)[1].split()
    ours = {"/var/lib/whybounce": str(folder), "postgresql://whybounce@127.0.0.1/whybounce": url}
    return [ours.get(word, word) for word in words if word != "\\"]


async def take_mail(folder: Path) -> None:
    """Run the gateway, whose outside world is away, and send something that has to wait."""
    async with running_demonstration(configured(folder)) as gateway:
        await submit(gateway, "chris@remote.example", ANNA)


def test_a_gateways_queue_goes_to_postgresql_and_comes_back(tmp_path, postgresql):
    """What waited waits there; the old queue says where to look; nothing is there twice."""
    asyncio.run(take_mail(tmp_path))
    url, file = postgresql.make(), tmp_path / "whybounce.toml"
    config = ("--config", file)
    said = typed(*documented(tmp_path / "data", url))
    old = refused("queue", "list", *config)
    file.write_text(file.read_text().replace('queue = "data"', f'queue = "{url}"'))
    there = typed("queue", "list", *config, "--json")
    back = typed("queue", "move", *config, "--to", tmp_path / "anew", "--json")
    file.write_text(file.read_text().replace(url, "anew"))
    here = typed("queue", "list", *config, "--json")

    assert "Moved to postgresql://test@127.0.0.1" in said
    assert "1 messages" in said
    assert "was moved to another database" in old
    assert here == there
    assert json.loads(here)["message"]["recipients"][0]["address"] == "chris@remote.example"
    assert json.loads(back)["rows"]["recipients"] == 2
    postgresql.drop(url)


@pytest.mark.parametrize(
    "words, sentence",
    [
        (["--to", "mysql://db/queue"], r"--to mysql:…: takes a folder, `sqlite:"),
        (["--from", "nowhere", "--to", "there"], r"there is no queue at .*/nowhere/queue.db"),
        (["--to", "postgresql://nobody@127.0.0.1:1/queue"], r"the queue is unreachable: .*Nothing"),
    ],
    ids=["no queue", "nothing there", "no server"],
)
def test_what_cannot_be_moved_is_refused_in_one_sentence(tmp_path, monkeypatch, words, sentence):
    monkeypatch.chdir(tmp_path)
    if "--from" not in words:
        asyncio.run(take_mail(tmp_path))
        words = ["--config", tmp_path / "whybounce.toml", *words]

    said = refused("queue", "move", *words)
    assert "\n" not in said
    assert re.search(sentence, said), said


def test_while_the_gateway_runs_it_is_told_to_be_stopped(tmp_path):
    async def ask() -> str:
        async with running_demonstration(configured(tmp_path)):
            config = ("--config", tmp_path / "whybounce.toml")
            return await asyncio.to_thread(
                refused, "queue", "move", *config, "--to", tmp_path / "b"
            )

    assert "Stop that one first" in asyncio.run(ask())
