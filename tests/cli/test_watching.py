"""``--watch``: what arrives in a Maildir, each mail once."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from threading import Timer

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no Maildirs")


@pytest.fixture
def maildir(tmp_path):
    """Return an empty Maildir."""
    for folder in ("new", "cur", "tmp"):
        (tmp_path / "Mail" / folder).mkdir(parents=True)
    return tmp_path / "Mail"


@pytest.fixture
def watched(command, unmeasured, maildir, tmp_path):
    """Return a starter of the watching command, and what it has written so far."""
    with ExitStack() as at_the_end:

        def start(*arguments: str) -> subprocess.Popen[bytes]:
            out = at_the_end.enter_context((tmp_path / "out").open("ab"))
            process = subprocess.Popen(  # noqa: S603  # our own command
                [command, "read", "--watch", str(maildir), *arguments],
                stdout=out, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                env={**unmeasured, "XDG_STATE_HOME": str(tmp_path / "state")},
            )  # fmt: skip
            for step in (process.stderr.close, process.wait, process.kill):
                at_the_end.callback(step)
            return process

        yield start


def arrive(maildir: Path, name: str, mail: bytes) -> None:
    """Deliver the mail as a Maildir wants it."""
    (maildir / "tmp" / name).write_bytes(mail)
    (maildir / "tmp" / name).rename(maildir / "new" / name)


def shown(tmp_path: Path) -> list[str]:
    """Return the recipients in the lines that are out."""
    lines = (tmp_path / "out").read_bytes().splitlines() if (tmp_path / "out").exists() else []
    return [json.loads(line)["outcomes"][0]["recipient"] for line in lines]


def until(tmp_path: Path, recipients: list[str]) -> None:
    """Wait until these are out."""
    end = time.monotonic() + 60
    while shown(tmp_path) != recipients:
        assert time.monotonic() < end, f"{shown(tmp_path)} are out, not {recipients}"
        time.sleep(0.05)


def remembered(tmp_path: Path) -> list[str]:
    """Return the names of the mails that it knows to have shown, below the line that says so."""
    (file,) = (path for path in (tmp_path / "state").rglob("*") if path.is_file())
    return file.read_text("utf-8").splitlines()[1:]


def test_each_mail_is_shown_once_wherever_it_moves_and_across_restarts(
    watched, maildir, tmp_path, bounce
):
    """What was there, what arrives, what arrives while nobody watches; in that order."""
    arrive(maildir, "1.a.host", bounce("1@example.org"))
    process = watched("--json")
    until(tmp_path, ["1@example.org"])
    (maildir / "new" / "1.a.host").rename(maildir / "cur" / "1.a.host:2,S")
    arrive(maildir, "2.b.host", bounce("2@example.org"))
    until(tmp_path, ["1@example.org", "2@example.org"])
    process.send_signal(signal.SIGINT)
    said = process.stderr.read().decode()
    arrive(maildir, "3.c.host", bounce("3@example.org"))
    (maildir / "cur" / "1.a.host:2,S").rename(maildir / "cur" / "1.a.host:2,RS")
    again = watched("--json")
    until(tmp_path, ["1@example.org", "2@example.org", "3@example.org"])
    time.sleep(2.5)  # Two more looks.

    assert process.wait() == 130
    assert said == "whybounce: stopped after 2 mails; what was written is whole\n"
    assert shown(tmp_path) == ["1@example.org", "2@example.org", "3@example.org"]
    assert again.poll() is None
    assert {path.name for path in (maildir / "new").iterdir()} == {"2.b.host", "3.c.host"}


def test_killing_it_loses_nothing(watched, maildir, tmp_path, bounce):
    """What was shown is remembered at once."""
    arrive(maildir, "1.a.host", bounce("1@example.org"))
    process = watched("--json")
    until(tmp_path, ["1@example.org"])
    end = time.monotonic() + 60
    while not remembered(tmp_path):
        assert time.monotonic() < end, "what was shown is not remembered"
        time.sleep(0.05)
    process.kill()
    process.wait()
    arrive(maildir, "2.b.host", bounce("2@example.org"))
    watched("--json")

    until(tmp_path, ["1@example.org", "2@example.org"])


def test_a_maildir_that_goes_away_for_a_while_is_waited_for(watched, maildir, tmp_path, bounce):
    """With one sentence, however long it takes."""
    process = watched("--json")
    arrive(maildir, "1.a.host", bounce("1@example.org"))
    until(tmp_path, ["1@example.org"])
    maildir.rename(tmp_path / "away")
    late = Timer(60, process.kill)
    late.start()
    said = process.stderr.readline()
    late.cancel()
    (tmp_path / "away").rename(maildir)
    arrive(maildir, "2.b.host", bounce("2@example.org"))
    until(tmp_path, ["1@example.org", "2@example.org"])
    process.send_signal(signal.SIGTERM)

    assert process.wait() == -signal.SIGTERM
    assert (said + process.stderr.read()).count(b"trying on") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--watch", "."], "is no Maildir"),
        (["--watch", "MAILDIR", "a.eml"], "stands alone"),
        (["--watch", "MAILDIR", "--summary"], "--suppress"),
        (["--watch", "MAILDIR", "--format", "csv"], ">> FILE"),
        (["--watch", "MAILDIR", "--json", "--output", "x"], ">> FILE"),
        (["--watch", "MAILDIR", "--jobs", "2"], "--jobs"),
        (["--state", "x", "a.eml"], "--watch"),
    ],
    ids=" ".join,
)
def test_what_needs_an_end_is_refused(whybounce, maildir, arguments, words):
    """Before anything is watched."""
    done = whybounce("read", *(str(maildir) if part == "MAILDIR" else part for part in arguments))

    assert (done.returncode, done.stdout) == (2, b"")
    assert words in done.stderr.decode()


def test_an_idle_watch_costs_next_to_nothing(watched, maildir, tmp_path, bounce):
    """It looks at the times of two folders, not at their mails."""
    for number in range(2_000):
        (maildir / "cur" / f"{number:06}.host:2,S").write_bytes(b"")
    process = watched("--suppress")
    arrive(maildir, "9.host", bounce())
    end = time.monotonic() + 60
    while not (tmp_path / "out").exists() or b"anna" not in (tmp_path / "out").read_bytes():
        assert time.monotonic() < end
        time.sleep(0.1)
    time.sleep(3.5)  # Until the folders' times are old enough to be believed.
    before = _cpu(process.pid)
    time.sleep(3)

    assert _cpu(process.pid) - before < 0.1


def _cpu(pid: int) -> float:
    """Return the seconds of CPU the process took."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
