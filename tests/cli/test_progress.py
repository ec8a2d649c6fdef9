"""The bar on a terminal, and nothing of it anywhere else."""

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from whybounce.cli.progress import Progress

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such terminals")


def on_terminal(command, environment, *arguments: str | Path, stdout: Path | None) -> str:
    """Run the command with standard error on a terminal; return what is seen there."""
    near, far = pty.openpty()
    with (stdout or Path(os.devnull)).open("wb") as out:
        process = subprocess.Popen(  # noqa: S603  # our own command
            [command, *map(str, arguments)],
            stdin=subprocess.DEVNULL, stdout=out if stdout else far, stderr=far,
            env={**environment, "TERM": "xterm", "COLUMNS": "100"},
        )  # fmt: skip
    os.close(far)
    seen = b""
    try:
        while piece := os.read(near, 65_536):
            seen += piece
    except OSError:  # So Linux says that nobody is left at the other end.
        pass
    os.close(near)
    process.wait()
    return seen.decode()


@pytest.fixture
def folder(tmp_path, bounce):
    """Return a folder of ten bounces."""
    (tmp_path / "in").mkdir()
    for number in range(10):
        (tmp_path / "in" / f"{number}.eml").write_bytes(bounce())
    return tmp_path / "in"


def test_a_terminal_sees_how_far_it_is_and_the_file_nothing_of_it(
    command, environment, folder, tmp_path
):
    """All of it, the rate, the time left; in the file there are whole lines only."""
    seen = on_terminal(command, environment, "read", "--json", folder, stdout=tmp_path / "out")

    assert "100%" in seen
    assert re.search(r"10 mails, [\d,]+/s", seen)
    assert "0:00:00" in seen
    lines = (tmp_path / "out").read_bytes().splitlines()
    assert [json.loads(line)["kind"] for line in lines] == ["failure"] * 10


def test_answers_on_the_same_terminal_are_not_disturbed(command, environment, folder):
    """What scrolls shows by itself how far it is."""
    seen = on_terminal(command, environment, "read", "--json", folder, stdout=None)

    assert "mails" not in seen
    assert len(seen.splitlines()) == 10


def test_a_summary_on_a_terminal_has_a_bar_before_it(command, environment, folder):
    """Which has ended when the summary is shown."""
    seen = on_terminal(command, environment, "read", "--summary", folder, stdout=None)

    assert 0 < seen.rindex("10 mails") < seen.index("By cause")


def test_a_pipe_gets_no_bar(whybounce, folder):
    """Neither on standard output nor on standard error."""
    done = whybounce("read", "--json", folder)

    assert done.stderr == b""
    assert len(done.stdout.splitlines()) == 10


def test_what_is_not_shown_counts_nothing(folder):
    """Files are then opened as they are."""
    with (
        Progress([str(folder)], shown=False) as progress,
        progress.opened(str(folder / "0.eml")) as file,
    ):
        assert type(file.raw).__name__ == "FileIO"
