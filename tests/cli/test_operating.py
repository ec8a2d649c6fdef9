"""The commands of an operator, as they are typed, on a gateway that runs and on one that does not."""

import asyncio
import json
import os
import re
import shlex
import signal
import smtplib
import stat
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from click.testing import Result
from jsonschema import Draft202012Validator
from typer.main import get_command
from typer.testing import CliRunner

import whybounce
from processes import beside
from serving import ANNA, Undeclaring, configured, in_a_thread, outside, running_demonstration
from whybounce.cli import app
from whybounce.cli.refusal import Refusal
from whybounce.gateway.resolving import folder_of
from whybounce.gateway.service import Running
from whybounce.provoking.mail_server import Behaviour
from whybounce.wire.schema import schemas

SCHEMAS = {verb: Draft202012Validator(schemas()[verb]) for verb in ("trace", "queue")}
NAMES = ("later", "other", "held", "another", "spam", "shown")  # Whoever is called so is busy.
LATER = "451 4.7.1 Greylisted, try again later"


@dataclass
class Operated:
    """A gateway in a thread of its own, and commands that are typed at it."""

    folder: Path
    ports: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    pages: str = ""

    def submit(
        self, *recipients: str, subject: str = "Minutes", by: type[smtplib.SMTP] = smtplib.SMTP
    ) -> None:
        """Send as a person does."""
        mail = f"From: {ANNA}\r\nSubject: {subject}\r\n\r\nSee below.\r\n"
        with by("127.0.0.1", self.ports["submission"][0], timeout=60) as client:
            client.login(ANNA, "demonstration")
            client.sendmail(ANNA, recipients, mail)

    def type(self, *words: str) -> Result:
        """Type a command about this gateway."""
        config = str(self.folder / "whybounce.toml")
        return CliRunner().invoke(app, [*words, "--config", config])

    def lines(self, *words: str) -> list[dict]:
        """Return what a command prints with --json."""
        done = self.type(*words, "--json")
        assert not done.exception or isinstance(done.exception, SystemExit), done.exception
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        if words[0] == "trace" or words[:2] == ("queue", "list"):
            for row in rows:
                SCHEMAS[words[0]].validate(row)
        return rows

    def waiting(self, address: str) -> str:
        """Return the id of the message to the address, once it was put off."""
        return _until(lambda: self._waiting(address))

    def _waiting(self, address: str) -> str | None:
        for each in self.lines("queue", "list"):
            for recipient in each["message"]["recipients"]:
                if recipient["address"] == address and recipient["said"] and recipient["tries"]:
                    return each["message"]["id"]
        return None


def _until(look: Callable[[], object]) -> object:
    """Return what is seen, once it is."""
    for _ in range(3_000):
        if found := look():
            return found
        time.sleep(0.02)
    pytest.fail("it did not come about within a minute")


@pytest.fixture(scope="module")
def gateway() -> Iterator[Operated]:
    """Run one whose remote server puts off who is called later."""
    behaviour = Behaviour(replies={f"RCPT {name}@remote.example": LATER for name in NAMES})
    with tempfile.TemporaryDirectory(prefix="whybounce-") as folder:

        @asynccontextmanager
        async def delivering() -> AsyncIterator[Running]:
            async with (
                outside(behaviour) as world,
                running_demonstration(configured(Path(folder), world)) as running,
            ):
                yield running

        with in_a_thread(delivering()) as running:
            yield Operated(Path(folder), running.ports, f"http://{running.pages}")


def test_a_trace_tells_who_said_what_and_when_it_is_tried_again(gateway):
    """Arrival, the remote's own words, the next try; the same by address, id and Message-ID."""
    gateway.submit("later@remote.example")
    id_ = gateway.waiting("later@remote.example")
    said = gateway.type("trace", "LATER@remote.example")
    (one,) = gateway.lines("trace", id_)
    (same,) = gateway.lines("trace", one["message"]["message_id"], "--since", "1h")

    assert said.exit_code == 0
    assert f"signed in as {ANNA}, not encrypted, for 1 recipient." in " ".join(said.stdout.split())
    assert f"answered RCPT, not encrypted: {LATER}" in " ".join(said.stdout.split())
    assert "To be tried again at 2" in " ".join(said.stdout.split())
    assert one == same
    kinds = [each["kind"] for each in one["happenings"]]
    assert kinds == ["accepted", "attempt", "deferred"]
    assert one["happenings"][1]["remote"] == "mx.remote.example"
    assert one["happenings"][1]["cause"] == "greylisted"
    assert one["happenings"][2]["due"] is not None


def test_the_reply_after_the_dot_says_what_to_ask_by(gateway):
    """Whoever handed the message over can name it to us, though it has no Message-ID."""
    with smtplib.SMTP("127.0.0.1", gateway.ports["inbound"][0], timeout=30) as client:
        client.ehlo("client.example")
        client.mail("chris@remote.example")
        client.rcpt("ben@contoso.example")
        code, said = client.data("From: chris@remote.example\r\n\r\nHello\r\n")
    text, _, id_ = said.decode().rpartition(" ")
    (life,) = gateway.lines("trace", id_)

    assert (code, text) == (250, "2.0.0 Ok: queued as")
    assert life["message"]["id"] == id_
    assert life["happenings"][0]["kind"] == "accepted"


def test_what_is_delivered_or_refused_is_traced_to_its_end(gateway):
    """The notice that the sender got has a life too."""
    gateway.submit("full@contoso.example", by=Undeclaring)
    (life,) = _until(lambda: _ended(gateway, "full@contoso.example"))
    notice = life["message"]["recipients"][0]["report"]
    (about,) = gateway.lines("trace", notice)

    assert life["message"]["recipients"][0]["cause"] == "mailbox-full"
    assert life["message"]["recipients"][0]["owner"] == "recipient"
    assert life["happenings"][-1]["text"] == f"The sender is told by the notice {notice}."
    assert about["message"]["about"] == life["message"]["id"]
    assert "a notice about message" in about["happenings"][0]["text"]


def _ended(gateway: Operated, address: str) -> list[dict]:
    lives = gateway.lines("trace", address)
    return [each for each in lives if each["message"] and each["message"]["finished"]]


def test_a_refusal_belongs_to_no_message_and_is_found_by_its_address(gateway):
    """With the words the client got."""
    with (
        smtplib.SMTP("127.0.0.1", gateway.ports["inbound"][0], timeout=30) as client,
        pytest.raises(smtplib.SMTPRecipientsRefused),
    ):
        client.sendmail("chris@remote.example", "nobody@contoso.example", "Subject: x\r\n\r\n")
    (found,) = gateway.lines("trace", "nobody@contoso.example")

    assert found["message"] is None
    assert found["happenings"][0]["cause"] == "recipient-not-found"
    assert "Refused at inbound, by the policy recipient_exists" in found["happenings"][0]["text"]
    assert found["happenings"][0]["said"].startswith("550 5.1.10 Recipient not found")


def test_what_nobody_knows_is_said_and_ends_with_1(gateway):
    """As a script can tell."""
    done = gateway.type("trace", "unheard@of.example")

    assert done.exit_code == 1
    assert done.stdout == ""
    assert done.stderr == "whybounce: nothing is known of unheard@of.example\n"


def test_mail_is_held_released_and_retried(gateway):
    """Each leaves an event with who did it and why; the list shows what waits and for what."""
    gateway.submit("held@remote.example", "ben@contoso.example")
    id_ = gateway.waiting("held@remote.example")
    held = gateway.type("queue", "hold", id_, "--why", "their server is down")
    (listed,) = gateway.lines("queue", "list", "--state", "held")
    again = gateway.type("queue", "hold", id_)
    released = gateway.type("queue", "release", "--domain", "remote.example", "--state", "held")
    _until(lambda: gateway.lines("trace", id_)[0]["message"]["recipients"][0]["tries"] == 2)
    retried = gateway.lines("queue", "retry", "--cause", "greylisted", "--sender", ANNA.upper())
    texts = [each["text"] for each in gateway.lines("trace", id_)[0]["happenings"]]
    who = whybounce_user()

    assert held.stdout == f"{id_}  1 recipient held\n"
    assert listed["message"]["id"] == id_
    assert [each["address"] for each in listed["message"]["recipients"]] == ["held@remote.example"]
    assert listed["message"]["recipients"][0]["cause"] == "greylisted"
    assert (again.exit_code, again.stdout) == (1, f"{id_}  0 recipients held\n")
    assert released.stdout == f"{id_}  1 recipient released\n"
    assert id_ in [each["id"] for each in retried]
    assert f"Held by {who}. their server is down." in texts
    assert f"Released by {who}." in texts


def whybounce_user() -> str:
    """Return who we are, as the system has it."""
    return subprocess.run(["id", "-un"], capture_output=True, check=True, text=True).stdout.strip()  # noqa: S607


def test_mail_is_returned_with_the_last_words_of_the_other_side(gateway):
    """The sender reads why it waited; held mail is returned too, and others stay."""
    gateway.submit("other@remote.example", "another@remote.example", subject="Returned")
    id_ = gateway.waiting("other@remote.example")
    gateway.type("queue", "hold", id_)
    wrong = gateway.type("queue", "bounce", id_, "--cause", "mailbox-full")
    (change,) = gateway.lines("queue", "bounce", id_, "--why", "the domain is gone")
    new = gateway.folder / "mailboxes" / folder_of(ANNA) / "new"
    notice = _until(lambda: next((x for x in _notices(new) if b"Returned" in x), None))
    diagnosis = whybounce.diagnose(notice)
    (life,) = gateway.lines("trace", id_)

    assert wrong.exit_code == 1
    assert (change["changed"], change["being_tried"]) == (2, 0)
    assert change["report"] == life["message"]["recipients"][0]["report"]
    assert {each.recipient for each in diagnosis.report.outcomes} == {
        "other@remote.example",
        "another@remote.example",
    }
    assert "Greylisted" in diagnosis.report.outcomes[0].reply.innermost.text
    assert {each["ending"] for each in life["message"]["recipients"]} == {"failed"}
    assert {each["cause"] for each in life["message"]["recipients"]} == {"returned-by-operator"}
    bounced = [each for each in life["happenings"] if each["kind"] == "bounced"]
    assert {each["said"] for each in bounced} == {"the domain is gone"}


def _notices(folder: Path) -> list[bytes]:
    return [each.read_bytes() for each in folder.iterdir()] if folder.is_dir() else []


def test_deleting_asks_first_and_tells_nobody(gateway):
    """Without a terminal to ask at, only --yes deletes."""
    gateway.submit("spam@remote.example")
    id_ = gateway.waiting("spam@remote.example")
    unasked = gateway.type("queue", "delete", id_)
    still = gateway.lines("queue", "list")
    done = gateway.type("queue", "delete", id_, "--yes")
    (life,) = gateway.lines("trace", id_)

    assert isinstance(unasked.exception, Refusal)
    assert str(unasked.exception).startswith("1 message, 1 recipient: say --yes")
    assert id_ in [each["message"]["id"] for each in still]
    assert done.stdout == f"{id_}  1 recipient deleted\n"
    assert life["message"]["recipients"][0]["ending"] == "deleted"
    assert life["message"]["recipients"][0]["report"] is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["queue", "hold"], "which messages?"),
        (["queue", "hold", "--all", "0P9UTKFUKTECL"], "exclude each other"),
        (["queue", "list", "--state", "lost"], "takes one of queued, held, quarantined"),
        (["queue", "retry", "--cause", "bad-luck"], "no such cause"),
        (["trace", "x", "--since", "yesterday"], "takes a span such as 2h"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence(gateway, words, said):
    """It names what is wrong and what is allowed."""
    done = gateway.type(*words)

    assert isinstance(done.exception, Refusal)
    assert said in str(done.exception)


def test_an_id_that_is_none_is_said(gateway):
    """By each command that takes one."""
    for act in ("hold", "bounce"):
        done = gateway.type("queue", act, "0000000000001")
        assert isinstance(done.exception, Refusal)
        assert "there is no message 0000000000001" in str(done.exception)
    assert gateway.type("queue", "show", "0000000000001").exit_code == 1


def test_one_message_is_shown_with_its_life(gateway):
    """Where it stands first."""
    gateway.submit("shown@remote.example", subject="Shown")
    id_ = gateway.waiting("shown@remote.example")
    done = gateway.type("queue", "show", id_)

    assert done.stdout.startswith(f"{id_}  2")
    assert "greylisted" in done.stdout
    assert '"Shown"' in done.stdout


def test_only_its_user_opens_the_socket(gateway):
    """Neither the group nor others."""
    socket = gateway.folder / "data" / "queue.db.control"

    assert stat.S_IMODE(socket.stat().st_mode) == 0o600


def test_health_and_metrics_are_served_beside_it(gateway):
    """Health is good, and what happened is counted."""
    gateway.submit("ben@contoso.example")
    _until(lambda: _ended(gateway, "ben@contoso.example"))
    with urllib.request.urlopen(f"{gateway.pages}/health", timeout=60) as page:  # noqa: S310  # our own
        health = json.loads(page.read())
        status = page.status
    with urllib.request.urlopen(f"{gateway.pages}/metrics", timeout=60) as page:  # noqa: S310  # our own
        lines = page.read().decode().splitlines()

    assert (status, health["status"], health["reasons"]) == (200, "ok", [])
    assert {each["name"] for each in health["checks"]} == {
        "queue", "lag", "disk", "listener", "delivery", "resolver",
    }  # fmt: skip
    values = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    assert float(values['whybounce_messages_accepted_total{listener="submission"}']) >= 1
    assert float(values['whybounce_recipients_ended_total{ending="delivered"}']) >= 1
    assert float(values['whybounce_sessions{listener="inbound"}']) == 0
    assert float(values["whybounce_commit_seconds_count"]) >= 1
    assert float(values["whybounce_healthy"]) == 1


SERVED = """
[server]
name = "mail.contoso.example"
queue = "data"
mailboxes = "mailboxes"
drain = "5s"
operating = "127.0.0.1:0"
log-format = "json"

[limits]
message-size = "25 MB"

[[listener]]
name = "inbound"
addresses = ["127.0.0.1:0"]

[directory]
file = "directory.toml"
"""
PEOPLE = """
[[organisation]]
name = "Contoso"
[[organisation.domain]]
name = "contoso.example"
[[organisation.mailbox]]
address = "anna@contoso.example"
"""


def test_a_served_gateway_reloads_by_command_and_signal_and_drains(tmp_path, whybounce, command):
    """A wrong file changes nothing and is told line by line; a new mailbox takes mail at once."""
    file, people = tmp_path / "whybounce.toml", tmp_path / "directory.toml"
    file.write_text(SERVED)
    people.write_text(PEOPLE)
    serve = (command, "serve", "--config", str(file))
    with beside(*serve, stderr=subprocess.PIPE) as serving:
        lines = [serving.stdout.readline() for _ in range(6)]
        port = int(lines[2].rpartition(" ")[2])
        assert _answer(port, "ben@contoso.example") == 550
        people.write_text(f'{PEOPLE}[[organisation.mailbox]]\nadress = "ben@contoso.example"\n')
        wrong = whybounce("config", "reload", "--config", str(_good(tmp_path)))
        people.write_text(f'{PEOPLE}[[organisation.mailbox]]\naddress = "ben@contoso.example"\n')
        file.write_text(SERVED.replace("25 MB", "1 MB").replace("data", "elsewhere"))
        other = tmp_path / "data" / "queue.db.control"
        reloaded = whybounce("config", "reload", "--config", str(_good(tmp_path)))
        assert other.exists()
        assert _answer(port, "ben@contoso.example") == 250
        people.write_text(PEOPLE)
        os.kill(serving.pid, signal.SIGHUP)
        _until(lambda: _answer(port, "ben@contoso.example") == 550)
        drained = whybounce("drain", "--config", str(_good(tmp_path)))
        rest, log = serving.stdout.read(), serving.stderr.read()

    assert wrong.returncode == 2
    assert b"adress" in wrong.stderr
    assert reloaded.returncode == 0
    assert reloaded.stdout.decode().splitlines() == [
        "In force now: directory, limits.",
        "Changed, but only at the next start: server, queue.",
    ]
    assert drained.stdout == b"Stopped. Under way when asked: sessions 0, deliveries 0.\n"
    assert serving.returncode == 0
    assert rest.endswith("Stopping: what is under way comes to its end.\n")
    events = [json.loads(line) for line in log.splitlines()]
    assert {"refused"} <= {each["event"] for each in events}
    assert any("reloaded: directory" in each["event"] for each in events)


def _good(folder: Path) -> Path:
    """Return a configuration that names where the running gateway is reached."""
    path = folder / "control.toml"
    path.write_text('[server]\nqueue = "data"\n')
    return path


def _answer(port: int, recipient: str) -> int:
    with smtplib.SMTP("127.0.0.1", port, "client.example", timeout=60) as client:
        client.ehlo()
        client.mail("chris@remote.example")
        return client.rcpt(recipient)[0]


def test_without_a_gateway_the_queue_itself_is_asked(tmp_path, whybounce):
    """What needs a running one says so; what needs a queue says where it looked."""
    config = configured(tmp_path)
    path = str(tmp_path / "whybounce.toml")
    nothing = whybounce("queue", "list", "--config", path)

    async def once() -> None:
        async with running_demonstration(config):
            pass

    asyncio.run(once())
    empty = whybounce("queue", "list", "--config", path)
    drained = whybounce("drain", "--config", path)

    assert nothing.returncode == 2
    assert f"there is no queue at {tmp_path}/data/queue.db" in nothing.stderr.decode()
    assert (empty.returncode, empty.stdout) == (0, b"The queue is empty.\n")
    assert drained.returncode == 2
    assert drained.stderr.decode() == f"whybounce: no gateway runs on {tmp_path}/data\n"


GUIDE = (Path(__file__).parents[2] / "docs" / "operating.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("line", re.findall(r"^whybounce (.*)$", GUIDE, re.MULTILINE))
def test_the_commands_that_the_guide_shows_can_be_typed(gateway, line):
    """Each as it stands; that nothing is found is an answer."""
    words = shlex.split(line.removesuffix("--config whybounce.toml"))
    done = gateway.type(*words)

    assert done.exit_code in {0, 1}
    assert done.exception is None or isinstance(done.exception, SystemExit)


def test_the_guide_lists_the_commands_of_the_queue():
    """No more and no fewer."""
    listed = re.findall(r"^\| `whybounce queue (\w+)", GUIDE, re.MULTILINE)

    assert listed == list(get_command(app).commands["queue"].commands)
