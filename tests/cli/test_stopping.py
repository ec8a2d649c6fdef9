"""Ctrl-C, SIGTERM and worse, while mails are read: what was written is whole."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from threading import Thread

import pyarrow.parquet
import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")

POSTMARK = b"From MAILER-DAEMON Thu Jan  1 00:00:00 2026\n"
ENOUGH = 200_000  # Bytes written before it is stopped: some mails are out, others under way.


@pytest.fixture
def endless(command, unmeasured, bounce):
    """Return a starter of the command, which reads an mbox that does not end."""
    with ExitStack() as at_the_end:

        def start(*arguments: str | Path, stdout: Path | None = None) -> subprocess.Popen[bytes]:
            out = at_the_end.enter_context((stdout or Path(os.devnull)).open("wb"))
            process = subprocess.Popen(  # noqa: S603  # our own command
                [command, "read", *map(str, arguments), "-"],
                stdin=subprocess.PIPE, stdout=out, stderr=subprocess.PIPE, env=unmeasured,
                start_new_session=True,
            )  # fmt: skip
            feeding = Thread(target=feed, args=(process, POSTMARK + bounce() + b"\n"), daemon=True)
            feeding.start()
            # A worker that outlived the command would hold the pipe's other end: all are killed.
            everybody = partial(kill_all, process.pid)
            for step in (process.stderr.close, feeding.join, process.wait, everybody):
                at_the_end.callback(step)
            return process

        yield start


def kill_all(group: int) -> None:
    """Kill the processes of the group, if there are any left."""
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def feed(process: subprocess.Popen[bytes], mail: bytes) -> None:
    """Write the mail until nobody reads."""
    with suppress(OSError):
        while True:
            process.stdin.write(mail * 20)
    with suppress(OSError):
        process.stdin.close()


def until(true, seconds: float = 60) -> None:
    """Wait until it is true."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.05)


def size(folder: Path) -> int:
    """Return how many bytes stand in the folder."""
    return sum(path.stat().st_size for path in folder.iterdir())


def stopped(process, number: int = signal.SIGINT) -> bytes:
    """Stop the process and return what it says on standard error."""
    process.send_signal(number)
    process.wait(timeout=60)
    return process.stderr.read()


def started_by(pid: int) -> list[int]:
    """Return the ids of the processes it started, and of those that these started."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii")
    children = [int(child) for child in listed.split()]
    return children + [each for child in children for each in started_by(child)]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_leaves_whole_lines_and_no_processes(endless, tmp_path, jobs):
    """Exit code 130, one sentence, no traceback."""
    process = endless("--json", "--jobs", jobs, stdout=tmp_path / "out")
    until(lambda: size(tmp_path) > ENOUGH)
    started = started_by(process.pid)
    said = stopped(process).decode()
    lines = (tmp_path / "out").read_bytes().splitlines(keepends=True)

    assert process.returncode == 130
    assert said == f"whybounce: stopped after {len(lines):,} mails; what was written is whole\n"
    assert all(json.loads(line)["kind"] == "failure" and line.endswith(b"\n") for line in lines)
    assert len(started) >= int(jobs) - 1
    until(lambda: not [pid for pid in started if Path(f"/proc/{pid}").exists()])


def test_ctrl_c_leaves_a_table_that_can_be_read(endless, tmp_path):
    """CSV with whole rows, under its name, which was free."""
    process = endless("--format", "csv", "--output", tmp_path / "out.csv")
    until(lambda: tmp_path.is_dir() and size(tmp_path) > ENOUGH)
    said = stopped(process).decode()
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text("utf-8"))))

    assert process.returncode == 130
    assert f"stopped after {len(rows):,} mails" in said
    assert {row["recipient"] for row in rows} == {"anna@example.org"}
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


def test_ctrl_c_leaves_parquet_that_can_be_read_beside_what_was_there(endless, tmp_path):
    """Half an answer replaces no whole one."""
    (tmp_path / "out.parquet").write_bytes(b"precious")
    process = endless("--format", "parquet", "--output", tmp_path / "out.parquet", "--jobs", "2")
    until(lambda: size(tmp_path) > 2_000)  # The first group was written.
    said = stopped(process).decode()

    assert process.returncode == 130
    assert f"it stands in {tmp_path / 'out.parquet.part'}" in said
    assert (tmp_path / "out.parquet").read_bytes() == b"precious"
    assert pyarrow.parquet.read_table(tmp_path / "out.parquet.part").num_rows >= 10_000


def test_a_service_manager_sees_that_its_sigterm_was_obeyed(endless, tmp_path):
    """The process dies of it, after all is closed."""
    process = endless("--json", stdout=tmp_path / "out")
    until(lambda: size(tmp_path) > ENOUGH)
    said = stopped(process, signal.SIGTERM)

    assert process.returncode == -signal.SIGTERM
    assert b"what was written is whole" in said
    assert (tmp_path / "out").read_bytes().endswith(b"\n")


def test_ctrl_c_before_the_first_mail_is_as_clean(command, unmeasured):
    """While it waits for standard input."""
    with subprocess.Popen(  # noqa: S603  # our own command
        [command, "read", "--summary", "-"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=unmeasured,
    ) as process:  # fmt: skip
        status = Path(f"/proc/{process.pid}/status")
        until(lambda: "SigCgt:\t0000000000004002" in status.read_text("ascii"))
        said = stopped(process)

    assert process.returncode == 130
    assert b"stopped after 0 mails" in said
    assert b"Traceback" not in said


def test_workers_end_with_the_process_that_started_them(endless, tmp_path):
    """Even where it had no time to tell them."""
    process = endless("--json", "--jobs", "2", stdout=tmp_path / "out")
    until(lambda: size(tmp_path) > ENOUGH)
    started = started_by(process.pid)
    process.kill()
    process.wait()

    assert len(started) >= 2
    until(lambda: not [pid for pid in started if Path(f"/proc/{pid}").exists()])


def test_a_worker_that_is_killed_is_replaced(endless, tmp_path):
    """The run goes on, and nothing is missing."""
    process = endless("--json", "--jobs", "2", stdout=tmp_path / "out")
    until(lambda: size(tmp_path) > ENOUGH)
    before = size(tmp_path)
    os.kill(max(started_by(process.pid)), signal.SIGKILL)
    until(lambda: size(tmp_path) > before + 2 * ENOUGH)
    stopped(process)
    numbers = [json.loads(line)["source"] for line in (tmp_path / "out").read_bytes().splitlines()]

    assert numbers == [f"-#{number}" for number in range(1, len(numbers) + 1)]


def test_a_reader_that_goes_away_is_no_crash(command, unmeasured, tmp_path, bounce):
    """As head does."""
    (tmp_path / "box").write_bytes((POSTMARK + bounce() + b"\n") * 500)
    done = subprocess.run(  # noqa: S602  # a real shell pipe is the test
        f"{command} read --json --jobs 2 {tmp_path}/box | head -1",
        shell=True, capture_output=True, check=False, env=unmeasured,
    )  # fmt: skip

    assert json.loads(done.stdout)["source"].endswith("#1")
    assert done.stderr == b""
