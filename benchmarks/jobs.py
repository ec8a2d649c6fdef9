"""How much faster several processes read: ``whybounce read --json`` over a folder, with --jobs 1 to 4.

    python benchmarks/jobs.py [FOLDER] [TIMES]

The folder's mails are read as one mbox, TIMES over (default 40), in turns, so that other work on
the machine meets all alike; each row is the best of three. ``cpu`` is what all processes took
together: where the machine is busy, it says more than the clock.
"""

import ctypes
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

ROUNDS = 3
JOBS = (1, 2, 4)
TIMES = 40
CORPUS = Path(__file__).parents[2] / "shared" / "corpus" / "sisimai-dev" / "eml"
PR_SET_CHILD_SUBREAPER = 36  # prctl(2)
POSTMARK = b"From MAILER-DAEMON Thu Jan  1 00:00:00 2026\n"


def main() -> int:
    """Measure and print."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else CORPUS
    times = int(sys.argv[2]) if len(sys.argv) > 2 else TIMES
    mails = [path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()]
    print_jobs(mails, JOBS, times)
    return 0


def print_jobs(mails: Sequence[bytes], most: Sequence[int] = JOBS, times: int = TIMES) -> None:
    """Print a row for each number of processes; the first is what the others are held against."""
    if sys.platform == "linux":  # What the command leaves behind for a moment is counted, too.
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    best: dict[int, tuple[float, float]] = {}
    with tempfile.NamedTemporaryFile() as box:
        for _ in range(times):
            box.writelines(POSTMARK + _quoted(mail) + b"\n" for mail in mails)
        box.flush()
        for _ in range(ROUNDS):
            for jobs in most:
                best[jobs] = min(best.get(jobs, (float("inf"), 0.0)), _seconds(box.name, jobs))
    count = len(mails) * times
    for jobs, (wall, cpu) in best.items():
        faster = best[most[0]][0] / wall
        print(
            f"--jobs {jobs}  {wall:>6.2f} s  {count / wall:>7,.0f} mails/s  {faster:>5.2f}x  cpu {cpu:>6.2f} s"
        )


def _quoted(mail: bytes) -> bytes:
    body = mail.split(b"\n", 1)[1] if mail.startswith(b"From ") else mail
    return body.replace(b"\nFrom ", b"\n>From ")


def _seconds(box: str, jobs: int) -> tuple[float, float]:
    """Return the seconds by the clock, and those of all processes together."""
    whybounce = str(Path(sys.executable).with_name("whybounce"))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run(  # noqa: S603  # our own
        [whybounce, "read", "--json", "--jobs", str(jobs), box],
        check=False, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    wall = time.perf_counter() - start
    with suppress(ChildProcessError):
        while True:
            os.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu


if __name__ == "__main__":
    sys.exit(main())
