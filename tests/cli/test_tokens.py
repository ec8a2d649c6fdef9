"""``whybounce tokens`` and ``webhooks``, as they are typed: on a queue that nobody runs."""

import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import Result
from jsonschema import Draft202012Validator
from typer.main import get_command
from typer.testing import CliRunner

from whybounce.cli import app
from whybounce.wire.schema import schemas

DOCS = Path(__file__).parents[2] / "docs"
SHOWN = [
    line
    for name in ("api.md", "webhooks.md")
    for line in re.findall(
        r"whybounce ((?:tokens|webhooks) [^`)\n>]*)", (DOCS / name).read_text(encoding="utf-8")
    )
]


@pytest.fixture(scope="module")
def typed(tmp_path_factory):
    """Return what types commands at one queue."""
    folder = tmp_path_factory.mktemp("tokens")
    config = folder / "whybounce.toml"
    config.write_text("""
[server]
queue = "data"
operating = "127.0.0.1:0"
[[webhook]]
name = "crm"
url = "https://crm.invalid/hidden"
secret = "a secret of enough letters"
""")
    (folder / "data").mkdir()
    from whybounce.gateway.store.opening import open_queue  # noqa: PLC0415  # heavy

    open_queue(f"sqlite:///{folder}/data/queue.db").release()

    def typed(*words: str) -> Result:
        config_words = () if words[1] == "secret" else ("--config", str(config))
        return CliRunner().invoke(app, [*words, *config_words])

    return typed


def _lines(verb: str, done: Result) -> list[dict]:
    assert done.exit_code == 0, done.exception
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    for row in rows:
        Draft202012Validator(schemas()[verb]).validate(row)
    return rows


def test_a_token_is_printed_once_listed_without_it_and_revoked(typed):
    """What opens stands alone on standard output, so that a script can keep it."""
    made = typed("tokens", "add", "nightly report", "--for", "30d")
    token = made.stdout.strip()
    (listed,) = _lines("tokens", typed("tokens", "list", "--json"))
    shown = typed("tokens", "list").stdout
    revoked = typed("tokens", "revoke", listed["id"])
    again = typed("tokens", "revoke", listed["id"])

    assert re.fullmatch(r"whybounce_[\w-]{43}", token)
    assert "shown once" in made.stderr
    assert (listed["name"], listed["scope"], listed["token"]) == ("nightly report", "read", None)
    assert token not in shown
    assert "nightly report  read  until" in shown
    assert "revoked by" in revoked.stdout
    assert again.exit_code == 1
    assert "no token that is good has the id" in again.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "a", "--scope", "everything"), "is no scope; allowed is read or change"),
        (("add", "a", "--for", "long"), "--for long: takes a duration"),
        (("add", "a", "--for", "999d"), "lasts at most 366 days"),
        (("add", " "), "needs a name"),
    ],
)
def test_what_cannot_be_made_is_said_in_a_sentence(typed, words, said):
    """And nothing is printed that looks like a token."""
    done = typed("tokens", *words)

    assert said in str(done.exception)
    assert done.stdout == ""


def test_webhooks_are_listed_and_tried_without_their_secrets(typed):
    """What waits, and why; a name that is none is told with those there are."""
    (listed,) = _lines("webhooks", typed("webhooks", "list", "--json"))
    shown = typed("webhooks", "list").stdout
    tried = typed("webhooks", "test", "crm")
    unknown = typed("webhooks", "test", "cmr")

    assert listed["events"] == ["failed", "expired", "withheld", "complaint"]
    assert "crm  crm.invalid  failed, expired, withheld, complaint\n  nothing waits" in shown
    assert tried.exit_code == 1
    assert "crm.invalid has no address" in tried.stderr
    assert "configured are: crm" in str(unknown.exception)
    assert "hidden" not in shown + tried.stderr


def test_a_secret_that_is_made_is_one():
    """Each time another."""
    from whybounce.gateway.webhooks.signing import key_of  # noqa: PLC0415  # heavy

    made = {CliRunner().invoke(app, ["webhooks", "secret"]).stdout.strip() for _ in range(2)}

    assert len(made) == 2
    assert all(len(key_of(each)) == 32 for each in made)


@pytest.mark.parametrize("line", SHOWN)
def test_the_commands_that_the_documents_show_are_understood(line):
    """Each with options that there are."""
    group, verb, *rest = shlex.split(line)
    command = get_command(app).commands[group].commands[verb]

    assert command.make_context(verb, rest) is not None
