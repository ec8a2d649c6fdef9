"""The demonstration as a newcomer meets it: its screen, the lines to copy, ``whybounce provoke``."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import whybounce
from processes import beside
from whybounce.provoking.demonstration import INBOUND, SUBMISSION
from whybounce.wire.schema import schemas

BIN = Path(sys.executable).parent
GUIDE = (Path(__file__).parents[2] / "docs" / "provoke.md").read_text(encoding="utf-8")


@dataclass
class Shown:
    """A demonstration that runs, and what it showed."""

    lines: list[str]
    inbound: int
    port: int  # For submission.
    environment: dict[str, str]
    process: subprocess.Popen[str]

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a line in a shell, as it stands."""
        return subprocess.run(  # noqa: S602  # the screen's own line
            command, shell=True, env=self.environment, capture_output=True, text=True, check=False
        )


@pytest.fixture(scope="module")
def shown(tmp_path_factory) -> Iterator[Shown]:
    """Start it as people do, but on free ports and with a temporary folder of its own."""
    environment = {
        **os.environ,
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "TMPDIR": str(tmp_path_factory.mktemp("tmp")),
    }
    ports = (word for each in ("--inbound", "--submission", "--web") for word in (each, "0"))
    command = [str(BIN / "whybounce"), "serve", *ports]
    with beside(*command, seconds=900, env=environment) as process:
        lines = []
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            if " read " in line and line.startswith("  "):
                break
        inbound, port = (int(line.rpartition(" ")[2]) for line in lines if " port " in line)
        yield Shown(lines, inbound, port, environment, process)
        process.terminate()
        assert process.stdout.read() == "Stopping: what is under way comes to its end.\n"
    assert process.returncode == 0
    assert list(Path(environment["TMPDIR"]).glob("whybounce-*/*")) == []  # It leaves nothing.


def test_one_screen_shows_it_all(shown):
    """Where it listens, whom to write to, who may log in, and what to copy."""
    screen = "\n".join(shown.lines)

    assert len(shown.lines) < 35
    assert all(len(line) < 80 for line in shown.lines if not line.startswith("  "))
    for part in ("inbound", "submission", "mailboxes", "ben@contoso.example", "outside"):
        assert part in screen
    assert "password demonstration as anna@contoso.example" in screen
    assert "  whybounce provoke 5.1.10" in shown.lines


def test_the_lines_to_copy_make_a_mail_come_back_and_read_it(shown):
    """With Python and nothing else, as they are printed."""
    sending = next(line for line in shown.lines if line.startswith("  python3 -c "))
    reading = shown.lines[-1]

    sent = shown.run(sending)
    assert (sent.returncode, sent.stderr) == (0, "")
    deadline = time.monotonic() + 60
    while "5.1.10@provoke.example" not in (read := shown.run(reading)).stdout:
        assert time.monotonic() < deadline, read
        time.sleep(0.1)

    assert "The address does not exist at the recipient's domain" in read.stdout

    traced = shown.run(shown.lines[-2])
    assert (traced.returncode, traced.stderr) == (0, "")
    assert "The sender is told by the notice" in " ".join(traced.stdout.split())


def test_one_condition_is_told_as_a_page(shown):
    """What was wanted, what was said, how it is read, and where the NDR is."""
    done = shown.run(f"whybounce provoke 5.1.10 --server 127.0.0.1:{shown.port}")
    told = dict(line.split(None, 1) for line in done.stdout.splitlines() if line and line[0] != " ")
    notice = Path(done.stdout.split()[-1])

    assert done.returncode == 0
    assert told["Said"].startswith("550 5.1.10 Recipient not found: 5.1.10@provoke.example")
    assert told["At"] == "RCPT, by another server"
    assert told["Must"] == "act  sender"
    assert told["Raised"].startswith("yes")
    assert whybounce.diagnose(notice.read_bytes()).explanations[0].cause == "recipient-not-found"


def test_a_refusal_is_told_without_an_ndr(shown):
    """The gateway's own policy, met by a client that does what it does not allow."""
    done = shown.run(f"whybounce provoke unable-to-relay --server 127.0.0.1:{shown.port}")

    assert done.returncode == 0
    assert "Sent      from chris@outside.example to dana@elsewhere.example" in done.stdout
    assert "At        RCPT, to the client that sent it" in done.stdout
    assert "whybounce read" not in done.stdout


def test_json_is_as_its_schema_says(shown):
    """One object, and nothing else."""
    done = shown.run(f"whybounce provoke null-mx --json --server 127.0.0.1:{shown.port}")
    object_ = json.loads(done.stdout)

    Draft202012Validator(schemas()["provoke"]).validate(object_)
    assert (object_["raised"], object_["cause"], object_["told_by"]) == (True, "null-mx", "ndr")
    assert Path(object_["notice"]).is_file()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("nonsense", "'nonsense' is no cause and no code; all causes: whybounce causes"),
        ("complaint-received", "complaint-received cannot be provoked: it is no undelivered"),
        ("null-mx --server mail.example.org:25", "takes 127.0.0.1 and a port"),
        ("null-mx --server 127.0.0.1:1", "no demonstration of yours is at port 1"),
    ],
)
def test_what_cannot_be_provoked_is_one_sentence(shown, arguments, said):
    """It names what is wrong, and the end is 2."""
    done = shown.run(f"whybounce provoke {arguments}")

    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_without_a_demonstration_one_is_started(shown, tmp_path):
    """On ports of its own, with the NDR printed, since its file is gone afterwards."""
    shown.environment["TMPDIR"], before = str(tmp_path), shown.environment["TMPDIR"]
    try:
        done = shown.run("whybounce provoke 5.1.10")
    finally:
        shown.environment["TMPDIR"] = before

    assert done.returncode == 0
    assert done.stdout.startswith("No demonstration runs; one is started")
    assert "Your message to 5.1.10@provoke.example was not delivered." in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_note_of_a_demonstration_that_is_gone_leads_nowhere(shown, tmp_path):
    """It was killed: another port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    folder = Path(shown.environment["TMPDIR"]) / f"whybounce-{os.getuid()}"
    note = folder / f"{port}.json"
    note.write_text(json.dumps({"inbound": port, "submission": port, "mailboxes": str(tmp_path)}))
    done = shown.run(f"whybounce provoke no-such-mailbox --server 127.0.0.1:{port}")
    note.unlink()

    assert done.returncode == 2
    assert f"nobody listens at 127.0.0.1:{port}; start it: whybounce serve" in done.stderr


def test_a_port_in_use_names_what_to_do(shown):
    """Another demonstration may be running."""
    done = shown.run(f"whybounce serve --inbound 0 --submission {shown.port}")

    assert done.returncode == 2
    assert re.search(
        rf"cannot listen at 127\.0\.0\.1:{shown.port}: address already in use; another demonstration "
        "may be running: end it, or choose other ports with --inbound and --submission",
        done.stderr,
    )


@pytest.mark.parametrize("line", re.findall(r"^\$ (.*)$", GUIDE, re.MULTILINE))
def test_the_lines_of_the_guide_run(shown, line):
    """At the ports of this demonstration."""
    here = line.replace(":2525", f":{shown.inbound}").replace(":2587", f":{shown.port}")
    if line.startswith("whybounce provoke"):
        here += f" --server 127.0.0.1:{shown.port}"

    done = shown.run(here)

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_ports_are_those_that_are_documented():
    """2525 and 2587."""
    assert (INBOUND, SUBMISSION) == (2525, 2587)
