"""The document of the limits: every key, its numbers, what is said, and a test that is there."""

import dataclasses
import os
import re
from inspect import signature
from pathlib import Path

import pytest
from msgspec.structs import fields

from whybounce.catalogue import catalogue
from whybounce.gateway import expanding, tracing_fields
from whybounce.gateway.config import Config, Listener, read_config
from whybounce.gateway.delivery import mail_exchangers, relaying
from whybounce.gateway.limits import Limits
from whybounce.gateway.operating import channel, pages
from whybounce.gateway.smtp.client import hearing
from whybounce.gateway.smtp.listening import Listener as Listening
from whybounce.gateway.smtp.server import Limits as DialogueLimits, answers, throttle
from whybounce.gateway.store import bodies, writer
from whybounce.gateway.values import Size

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")
ROWS = {
    key: (default, online, said, held)
    for key, default, online, said, held in re.findall(
        r"^\| `([a-z0-9-]+)` \| (.*?) \| (.*?) \| (.*?) \|(?: `(.*?)`)? \|$",
        GUIDE.partition("A listener has")[0],
        re.MULTILINE,
    )
}


def test_every_limit_has_a_row_with_its_numbers(tmp_path):
    file = tmp_path / "whybounce.toml"
    file.write_text('[server]\nprofile = "exchange-online"\n')
    online = read_config(file, {}).limits
    there = {
        each.encode_name: (str(each.default), str(getattr(online, each.name)))
        for each in fields(Limits)
    }

    assert {key: row[:2] for key, row in ROWS.items()} == there


@pytest.mark.parametrize("key", ROWS)
def test_the_test_that_holds_it_is_there(key):
    held = ROWS[key][3]

    assert held
    assert (ROOT / held).exists()


@pytest.mark.parametrize("key", ROWS)
def test_what_is_said_is_what_is_said(key):
    """By the cause that is named behind it, or by the dialogue itself."""
    said = ROWS[key][2]
    ours = {
        f"{answer.reply.code} {answer.reply.status}"
        for answer in vars(answers).values()
        if isinstance(answer, answers.Answer)
    }
    for numbers, cause in re.findall(r"`(\d{3} [\d.]+)`(?: \[([a-z0-9-]+)\])?", said):
        replies = catalogue().causes[cause].replies if cause else ()
        forms = {f"{form.code} {form.status}" for form in replies}
        assert numbers in (forms if cause else ours)


def section(title: str, *columns: str) -> dict[str, tuple[str, ...]]:
    """Return the rows of the table under a heading or a sentence, by their first column."""
    table = GUIDE.partition(title)[2].partition("|---|")[2].partition("\n\n")[0]
    rows = [row.strip("| ").split(" | ") for row in table.splitlines()[1:]]
    assert all(len(row) == len(columns) + 1 for row in rows)
    return {first: tuple(rest) for first, *rest in rows}


OF_LISTENERS = section("A listener has limits", "default", "said", "held")
OF_THE_DIALOGUE = section("Bounds of the conversation", "most", "said", "held")
OF_OURS = section("Bounds of what is kept", "most", "comes", "held")

# What [limits] sets, by the names that the dialogue has for it.
CONFIGURED = {
    "message_octets", "recipients", "errors", "auth_failures",
    "idle_seconds", "data_idle_seconds", "session_seconds",
}  # fmt: skip
DIALOGUE = {
    "command_octets": "octets of a command line",
    "auth_line_octets": "octets of a line of a login",
    "discarded_octets": "octets of a line that does not end",
    "buffered_octets": "octets that wait to be looked at",
    "unknown_commands": "commands that nobody knows, in a session",
    "refusals": "senders and recipients refused, in a session",
    "idle_commands": "commands since the last message",
    "proxy_octets": "octets of a PROXY header",
    "message_seconds": "seconds for a message, from 354 on",
    "tls_seconds": "seconds for TLS to begin, or a PROXY header to come",
}
ELSEWHERE = {
    "seconds in which we find an answer": signature(Listening)
    .parameters["handler_seconds"]
    .default,
    "wrong passwords of one address for one account before it waits": throttle.ACCOUNT_AND_ADDRESS.free,
    "wrong passwords of one address before it waits": throttle.ADDRESS.free,
    "wrong passwords for one account before everybody waits": throttle.ACCOUNT.free,
}
OURS = {
    "octets of one message in memory": (bodies, "ROW_LIMIT"),
    "octets of all messages in memory": (bodies, "MEMORY_LIMIT"),
    "things that wait to be written down": (writer, "_MOST_WAITING"),
    "octets of a message's header that are looked at": (tracing_fields, "LONGEST_HEADER_READ"),
    "forwardings to who forwards": (expanding, "_DEEPEST"),
    "hosts of a domain that are tried": (mail_exchangers, "_MOST_HOSTS"),
    "addresses of a host that are tried": (mail_exchangers, "_MOST_ADDRESSES"),
    "octets of a line that a remote server says": (hearing, "_LONGEST_LINE"),
    "lines of one reply of a remote server": (hearing, "_MOST_LINES"),
    "recipients in one transaction with a remote server": (relaying, "_MOST_RECIPIENTS"),
    "connections to the page of health and metrics": (pages, "_MOST"),
    "commands of operators at one time": (channel, "_MOST"),
}


def test_every_limit_of_a_listener_has_a_row():
    keys = [each for each in fields(Listener) if each.name.startswith("connections")]

    assert {key: row[0] for key, row in OF_LISTENERS.items()} == {
        f"`{each.encode_name}`": str(each.default) for each in keys
    }


def test_every_bound_of_the_dialogue_has_a_row():
    """One that is added to the dialogue must be told here."""
    there = {each.name: each.default for each in dataclasses.fields(DialogueLimits)}

    assert there.keys() == CONFIGURED | DIALOGUE.keys()
    told = {what: str(there[name]) for name, what in DIALOGUE.items()}
    told |= {what: str(value) for what, value in ELSEWHERE.items()}
    assert {what: row[0] for what, row in OF_THE_DIALOGUE.items()} == told


def test_the_other_bounds_are_those_of_the_code():
    values = {what: getattr(module, name) for what, (module, name) in OURS.items()}

    assert {what: row[0] for what, row in OF_OURS.items()} == {
        what: str(Size(value) if what.startswith("octets") and value > 1 << 15 else value)
        for what, value in values.items()
    }


@pytest.mark.parametrize(
    "row", [*OF_LISTENERS.values(), *OF_THE_DIALOGUE.values(), *OF_OURS.values()]
)
def test_what_the_other_tables_say_is_said_and_tested(row):
    _, said, held = row
    ours = {
        (str(answer.reply.code), str(answer.reply.status))
        for answer in vars(answers).values()
        if isinstance(answer, answers.Answer)
    }

    assert (ROOT / held.strip("`")).exists()
    assert set(re.findall(r"`(\d{3}) ([\d.]+)`", said)) <= ours


def test_the_configuration_that_it_shows_can_be_used(tmp_path):
    file = tmp_path / "whybounce.toml"
    file.write_text(re.search(r"```toml\n(.*?)```", GUIDE, re.DOTALL)[1])

    assert isinstance(read_config(file, dict(os.environ)), Config)
