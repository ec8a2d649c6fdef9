"""The document of the limits: every key, its numbers, what is said, and a test that is there."""

import ast
import dataclasses
import os
import re
from collections.abc import Iterator
from inspect import signature
from pathlib import Path

import pytest
from msgspec.structs import fields

from whybounce import gateway
from whybounce.catalogue import catalogue
from whybounce.gateway import delisting, expanding, occupancy, structure, tracing_fields
from whybounce.gateway.config import Config, Listener, Outbound, read_config
from whybounce.gateway.delivery import mail_exchangers, relaying
from whybounce.gateway.directory import finding, passwords
from whybounce.gateway.limits import Limits
from whybounce.gateway.operating import channel, pages, requests
from whybounce.gateway.outbound import OutboundSettings
from whybounce.gateway.smtp.client import hearing
from whybounce.gateway.smtp.listening import Listener as Listening
from whybounce.gateway.smtp.server import Limits as DialogueLimits, answers, throttle
from whybounce.gateway.store import bodies, writer
from whybounce.gateway.values import Size

ROOT = Path(__file__).parents[2]
GATEWAY = Path(gateway.__file__).parent
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
OF_OUTBOUND = section("What leaves at one time", "default", "comes", "held")
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
    "octets of a remote server that nobody asked for": (hearing, "_MOST_OCTETS"),
    "characters of a password": (passwords, "_LONGEST"),
    "groups within groups": (finding, "_DEEPEST"),
    "mailboxes with a quota that are counted at one time": (occupancy, "_MOST_AT_ONCE"),
    "multiparts within multiparts in which `embedded-files` looks": (structure, "_DEEPEST"),
    "lines at which it looks": (structure, "_MOST_LINES"),
    "requests to be taken off the block list, for one entry in a day": (delisting, "_MOST_MAILS"),
    "removals of one entry in a month": (delisting, "_MOST_REMOVALS"),
    "octets of an operator's command": (requests, "LONGEST_REQUEST"),
    "recipients in one transaction with a remote server": (relaying, "_MOST_RECIPIENTS"),
    "connections to the page of health and metrics": (pages, "_MOST"),
    "commands of operators at one time": (channel, "_MOST"),
}


IN_HAND = {
    "messages that a node has leased": "most_in_hand",
    "… for one domain": "most_in_hand_each",
}

# Bounds that the document leaves out, by file, as no stranger meets them. A new one stands here or there.
UNTOLD = {
    "asking.py": {"_MOST_AUTHORS"},  # Of our own people's From: more are not theirs.
    "complaining.py": {"LONGEST_READ", "_MOST_RECIPIENTS"},  # What is noted of one; all of it is delivered.
    "delisting.py": {"_LONGEST"},  # Of our own mail.
    "delivery/ascii_header.py": {"_LONGEST_PARSED"},  # Beyond it, as where a message cannot be converted.
    "delivery/conversion.py": {"_LONGEST_FIELD"},  # Likewise.
    "delivery/parcels.py": {"_MOST_HEADER"},  # Where the end of a header is looked for.
    "delivery/relaying.py": {"_MOST_CONVERTED"},  # Likewise.
    "delivery/signing.py": {"_LONGEST_HEADER"},  # Of our own people's mail: a longer one is not signed.
    "directory/directory.py": {"MOST_MEMBERS"},  # What `group-members` is where nobody says.
    "directory/passwords.py": {"_MOST_MEMORY"},  # Of a hash that an operator writes.
    "expanding.py": {"_MOST_NAMED"},  # In a trace.
    "inbound.py": {"_LONGEST_ACCOUNT"},  # No address is longer.
    "mta_sts/keeping.py": {"_MOST"},  # Of one round; the rest follows in the next.
    "mta_sts/policies.py": {"_MOST_HELD"},  # Remembered; what is not is asked of the database.
    "occupancy.py": {"_MOST_KEPT"},  # Remembered; what is not is counted again.
    "operating/bouncing.py": {"_MOST"},  # Of one round, likewise.
    "operating/digest.py": {"_LONGEST", "_MOST"},  # Of our own mail.
    "operating/log.py": {"_LONGEST"},
    "operating/channel.py": {"_LONGEST_PATH"},  # The kernel's.
    "operating/requests.py": {"MOST_MESSAGES"},  # Of one page; the next follows.
    "outbound.py": {"_LONGEST_TURN", "_LONGEST_WAIT"},
    "policies/spf_passed.py": {"_LONGEST_TOLD"},  # Of a reply of ours.
    "remembering.py": {"_MOST_ANSWERS", "_MOST_BLOCKS", "_MOST_UNKNOWN"},  # What is not, is asked again.
    "removals.py": {"_MOST_SHOWN"},
    "shaping.py": {"_LONGEST_SHOWN"},
    "smtp/replies.py": {"_LONGEST_LINE", "_MOST_LINES"},  # Of a reply of ours.
    "smtp/tls.py": {"_MOST_READ"},  # At once.
    "store/bulk.py": {"MOST_TOGETHER", "_MOST_VALUES"},  # Of one statement; the rest follows in the next.
    "store/leasing.py": {"MOST"},  # Of one lease; the rest follows in the next.
    "store/tracing.py": {"_MOST"},  # Of one answer.
    "store/writer.py": {"_MOST_OCTETS", "_MOST_OPERATIONS"},  # Of one transaction; likewise.
    "structure.py": {"_LONGEST_HEADER", "_LONGEST_LINE"},  # What is longer is none of what is looked for.
    "tls_report.py": {"_LONGEST_REASON"},
    "tokens.py": {"LONGEST_LIFE", "LONGEST_NAME", "_MOST"},  # Of what an operator writes.
    "webhooks/calling.py": {"LONGEST_REST", "_LONGEST_TURN"},
    "webhooks/posting.py": {"_MOST_ADDRESSES"},  # Of a host that an operator names.
    # What standards bound.
    "addresses.py": {"_LONGEST_DOMAIN"},
    "return_paths.py": {"_LONGEST_LOCAL_PART"},
    "smtp/parameters.py": {"_LONGEST_ENVELOPE_ID", "_LONGEST_ORIGINAL_RECIPIENT"},
    "smtp/paths.py": {"_LONGEST_DOMAIN", "_LONGEST_LABEL"},
    "tracing_fields.py": {"_LONGEST_KEPT"},
}  # fmt: skip
IS_A_BOUND = re.compile(r"_?(MOST|LONGEST|DEEPEST)(_|$)|[A-Z]{3,}_LIMIT$")


def test_every_bound_in_the_code_is_told_or_is_nobodys():
    """Whoever adds one decides which."""
    there: dict[str, set[str]] = {}
    for path in GATEWAY.rglob("*.py"):
        for name in assigned(ast.parse(path.read_text(encoding="utf-8"))):
            if IS_A_BOUND.match(name):
                there.setdefault(path.relative_to(GATEWAY).as_posix(), set()).add(name)
    told: dict[str, set[str]] = {}
    for module, name in OURS.values():
        told.setdefault(Path(module.__file__).relative_to(GATEWAY).as_posix(), set()).add(name)
    either = {
        file: told.get(file, set()) | UNTOLD.get(file, set()) for file in told.keys() | UNTOLD
    }

    assert there == either
    assert not any(told.get(file, set()) & names for file, names in UNTOLD.items())


def assigned(module: ast.Module) -> Iterator[str]:
    """Yield the names that a module gives to numbers, sizes and times."""
    for each in module.body:
        targets = each.targets if isinstance(each, ast.Assign) else []
        if isinstance(each, ast.AnnAssign):
            targets = [each.target]
        for target in targets:
            names = target.elts if isinstance(target, ast.Tuple) else [target]
            yield from (name.id for name in names if isinstance(name, ast.Name))


def test_every_limit_of_a_listener_has_a_row():
    keys = [each for each in fields(Listener) if each.name.startswith("connections")]

    assert {key: row[0] for key, row in OF_LISTENERS.items()} == {
        f"`{each.encode_name}`": str(each.default) for each in keys
    }


def test_every_limit_of_what_leaves_has_a_row():
    keys = [each for each in fields(Outbound) if isinstance(each.default, int)]
    limits = {
        f"`{each.encode_name}`": str(each.default) for each in keys if "connection" in each.name
    }

    assert {key: row[0] for key, row in OF_OUTBOUND.items()} == limits


def test_every_bound_of_the_dialogue_has_a_row():
    """One that is added to the dialogue must be told here."""
    there = {each.name: each.default for each in dataclasses.fields(DialogueLimits)}

    assert there.keys() == CONFIGURED | DIALOGUE.keys()
    told = {what: str(there[name]) for name, what in DIALOGUE.items()}
    told |= {what: str(value) for what, value in ELSEWHERE.items()}
    assert {what: row[0] for what, row in OF_THE_DIALOGUE.items()} == told


def test_the_other_bounds_are_those_of_the_code():
    values = {what: getattr(module, name) for what, (module, name) in OURS.items()}
    hand = {each.name: each.default for each in dataclasses.fields(OutboundSettings)}
    values |= {what: hand[name] for what, name in IN_HAND.items()}

    assert {what: row[0] for what, row in OF_OURS.items()} == {
        what: str(Size(value) if what.startswith("octets") and value > 1 << 15 else value)
        for what, value in values.items()
    }


@pytest.mark.parametrize(
    "row",
    [
        *OF_LISTENERS.values(),
        *OF_OUTBOUND.values(),
        *OF_THE_DIALOGUE.values(),
        *OF_OURS.values(),
    ],
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
