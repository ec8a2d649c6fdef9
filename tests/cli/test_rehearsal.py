"""``whybounce check --dry-run``, as an operator types it, on a queue that nobody runs."""

import asyncio
import json

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from serving import configured, running_demonstration
from whybounce.cli import app
from whybounce.cli.refusal import Refusal
from whybounce.wire.schema import schemas

CHRIS, ANNA = "chris@remote.example", "anna@contoso.example"


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Make a queue with the demonstration's people; return its configuration."""
    folder = tmp_path_factory.mktemp("rehearsal")

    async def made() -> None:
        async with running_demonstration(configured(folder)):
            pass

    asyncio.run(made())
    return str(folder / "whybounce.toml")


def typed(config: str, *words: str):
    """Return what the command prints, and its exit code."""
    return CliRunner().invoke(app, ["check", "--dry-run", *words, "--config", config])


def test_what_would_be_taken_exits_with_nought(config):
    """And nothing is hidden of what nobody could know."""
    done = typed(config, "--from", CHRIS, "--to", ANNA, "--ip", "203.0.113.9")

    assert done.exit_code == 0
    assert done.stdout.startswith("It would be taken\n")
    assert "Nothing was sent, counted or blocked." in done.stdout
    assert "recipient_exists, target_exists" in " ".join(done.stdout.split())
    assert len(done.stdout.splitlines()) < 45
    assert "There is no message" in done.stdout
    assert done.stderr == ""


def test_what_would_be_refused_exits_with_one_and_says_the_reply(config):
    """And which policy decides."""
    done = typed(config, "--from", CHRIS, "--to", "nobody@contoso.example", "--ip", "203.0.113.9")

    assert done.exit_code == 1
    assert "550 5.1.10 Recipient not found" in done.stdout
    assert "* RCPT: recipient_exists: refuses (decides)" in done.stdout
    assert "nobody here has that address" in done.stdout


def test_programs_get_one_object(config):
    """As the schema says."""
    words = ("--from", f"<{CHRIS}>", "--to", ANNA, "--ip", "203.0.113.9", "--size", "100", "--json")
    done = typed(config, *words)
    told = json.loads(done.stdout)

    Draft202012Validator(schemas()["check-dry-run"]).validate(told)
    assert (told["would"], told["sender"], told["leads_to"]) == ("accept", CHRIS, "mailbox")
    assert "size" not in told["unknown"]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ((), "--dry-run needs --to"),
        (("--to", ANNA), "--dry-run needs --ip or --account"),
        (("--to", ANNA, "--ip", "nonsense"), "is no IP address"),
        (("--to", "a b@x", "--ip", "203.0.113.9"), "a b@x"),
    ],
)
def test_what_is_lacking_is_named(config, words, why):
    """In one sentence."""
    done = typed(config, *words)

    assert isinstance(done.exception, Refusal)
    assert why in str(done.exception) or why == "a b@x"


def test_its_options_go_with_it_alone():
    """Nobody believes that a domain was checked as it was not."""
    done = CliRunner().invoke(app, ["check", "contoso.example", "--to", ANNA])

    assert isinstance(done.exception, Refusal)
    assert "go with --dry-run" in str(done.exception)
