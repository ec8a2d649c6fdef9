"""``whybounce blocks``, as it is typed: on a gateway that runs, and on a queue that nobody runs."""

import asyncio
import json
import re
import shlex
import smtplib
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import Result
from jsonschema import Draft202012Validator
from typer.main import get_command
from typer.testing import CliRunner

from serving import configured, in_a_thread, running_demonstration
from whybounce.cli import app
from whybounce.cli.refusal import Refusal
from whybounce.wire.schema import schemas

SCHEMA = Draft202012Validator(schemas()["blocks"])
_GUIDE = (Path(__file__).parents[2] / "docs" / "blocks.md").read_text(encoding="utf-8")
PROXIED = """
[[listener]]
name = "proxied"
addresses = ["127.0.0.1:0"]
xclient = ["127.0.0.1"]
"""


class Typed:
    """Commands typed at one gateway."""

    def __init__(self, folder: Path, ports: Mapping[str, tuple[int, ...]]) -> None:
        self.folder = folder
        self.ports = ports

    def type(self, *words: str) -> Result:
        """Type a command."""
        config = str(self.folder / "whybounce.toml")
        return CliRunner().invoke(app, ["blocks", *words, "--config", config])

    def lines(self, *words: str) -> list[dict]:
        """Return what it prints with --json."""
        done = self.type(*words, "--json")
        assert done.exit_code == 0, done.exception
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        for row in rows:
            SCHEMA.validate(row)
        return rows

    def bring(self, client: str) -> str:
        """Bring mail as that client; return what the recipient is answered."""
        with smtplib.SMTP("127.0.0.1", self.ports["proxied"][0], timeout=60) as smtp:
            smtp.ehlo("proxy.example")
            smtp.docmd("XCLIENT", f"ADDR={client}")
            smtp.ehlo("mx.remote.example")
            smtp.mail("chris@remote.example")
            code, said = smtp.rcpt("ben@contoso.example")
            return f"{code} {said.decode()}"


@pytest.fixture(scope="module")
def gateway() -> Iterator[Typed]:
    """Run one."""
    with tempfile.TemporaryDirectory(prefix="whybounce-") as folder:
        config = configured(Path(folder), more=PROXIED)
        with in_a_thread(running_demonstration(config)) as running:
            yield Typed(Path(folder), running.ports)


@pytest.fixture
def queue(tmp_path: Path) -> Typed:
    """Make a queue that nobody runs."""

    async def made() -> None:
        async with running_demonstration(configured(tmp_path)):
            pass

    asyncio.run(made())
    return Typed(tmp_path, {})


def test_who_is_blocked_is_refused_at_once_and_taken_again_once_lifted(gateway):
    """While the gateway runs."""
    assert gateway.bring("192.0.2.9").startswith("250 ")
    added = gateway.type(
        "add", "ip", "192.0.2.0/24", "--cause", "banned-sending-ip", "--why", "spam: x"
    )
    refused = gateway.bring("192.0.2.9")
    (listed,) = [each for each in gateway.lines("list") if each["subject"] == "192.0.2.0/24"]
    lifted = gateway.type("lift", "192.0.2.0/24", "--why", "they cleaned up")

    assert added.exit_code == 0
    assert "ip 192.0.2.0/24  banned-sending-ip  until it is lifted" in added.stdout
    assert "spam: x" in added.stdout
    assert refused.startswith("550 5.7.606 ")
    assert (listed["cause"], listed["until"], listed["lifted"]) == ("banned-sending-ip", None, None)
    assert lifted.exit_code == 0
    assert "lifted by " in lifted.stdout
    assert gateway.bring("192.0.2.9").startswith("250 ")


def test_a_block_may_end_by_itself(gateway):
    """And the same one is in force once."""
    (first,) = gateway.lines("add", "sender", "@spam.example", "--for", "1h")
    (again,) = gateway.lines("add", "sender", "@Spam.Example", "--for", "7d")

    assert again["id"] == first["id"]
    assert again["until"] > first["until"]
    assert [each["kind"] for each in gateway.lines("list", "--kind", "sender")] == ["sender"]
    assert gateway.lines("lift", first["id"])[0]["lifted_by"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "ip", "everybody"), "'everybody' is no IP address; write one such as"),
        (("add", "planet", "Mars"), "'planet' cannot be blocked; allowed is ip, sender"),
        (("add", "ip", "192.0.2.9", "--cause", "mailbox-full"), "is not said to a blocked ip"),
        (("add", "ip", "192.0.2.9", "--for", "long"), "--for long: takes a duration such as"),
        (("request", "192.0.2.77", "olga@remote.example"), "192.0.2.77 is not on the list"),
        (("confirm", "nonsense"), "this is not what we sent"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(gateway, words, said):
    done = gateway.type(*words)

    assert isinstance(done.exception, Refusal)
    assert said in str(done.exception)


def test_what_is_not_blocked_cannot_be_lifted(gateway):
    done = gateway.type("lift", "192.0.2.200")

    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "whybounce: nobody is blocked as 192.0.2.200\n"


def test_a_network_is_not_lifted_by_one_of_its_addresses_but_named(gateway):
    gateway.lines("add", "ip", "198.51.100.0/24")
    done = gateway.type("lift", "198.51.100.7")
    gateway.lines("lift", "198.51.100.0/24")

    assert done.exit_code == 1
    assert "; it is in 198.51.100.0/24, which can be lifted" in done.stderr


def test_who_is_listed_leaves_the_list_by_the_mail_that_is_sent(gateway):
    """A request changes nothing; what the mail holds does."""
    gateway.lines("add", "ip", "192.0.2.50", "--cause", "banned-sending-ip")
    asked = gateway.type("request", "192.0.2.50", "erik@fabrikam.example")
    still = gateway.bring("192.0.2.50")
    text = _mail(gateway.folder / "mailboxes" / "erik@fabrikam.example" / "new")
    written = next(line.strip() for line in text.split("\n") if line.startswith("  "))
    done = gateway.type("confirm", written)

    assert "A mail went to erik@fabrikam.example" in asked.stdout
    assert still.startswith("550 5.7.606 ")
    assert done.exit_code == 0
    assert "lifted by erik@fabrikam.example" in done.stdout
    assert gateway.bring("192.0.2.50").startswith("250 ")


def _mail(folder: Path) -> str:
    from email import message_from_bytes, policy  # noqa: PLC0415  # only here

    for _ in range(3_000):
        with suppress(OSError, StopIteration):
            octets = next(folder.iterdir()).read_bytes()
            return message_from_bytes(octets, policy=policy.default).get_content()
        time.sleep(0.02)
    pytest.fail("no mail within a minute")


def test_where_no_gateway_runs_the_queue_is_opened(queue):
    """For each of the commands."""
    empty = queue.type("list")
    (added,) = queue.lines("add", "account", "anna@contoso.example", "--cause", "banned-sender")

    assert empty.stdout == "Nobody is blocked.\n"
    assert [each["id"] for each in queue.lines("list")] == [added["id"]]
    assert len(queue.lines("lift", "Anna@Contoso.Example")) == 1
    assert queue.lines("list") == []


@pytest.mark.parametrize("line", re.findall(r"`whybounce (blocks [^`]*)`", _GUIDE))
def test_the_commands_that_it_shows_are_understood(line):
    """Each with its arguments and options; none is carried out."""
    verb, name, *words = shlex.split(line)
    group = get_command(app).commands[verb]
    command = group.commands[name]

    if words:
        command.make_context(name, words)
