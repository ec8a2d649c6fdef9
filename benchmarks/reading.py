"""How many bounces a second are read, explained and written as JSON, and what large ones cost.

    python benchmarks/reading.py [FOLDER]

One process, and what it takes by itself: other work on the machine does not count. At the end, and by
the clock, what a second process adds to ``whybounce read --jobs``.

The mails are those of the folder (by default the labelled corpus beside this checkout; without
one, bounces made up by bounces.py), in memory. Peers in the same go, a round of
each in turn: flufl.bounce, which finds addresses only, and the standard library's parser, which
finds nothing. In every round all mails have other addresses; nothing about a mail is kept between
them, by us or by the peers, but for what the catalogue itself is made ready with on first use.
"""

import email
import email.policy
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
from flufl.bounce import all_failures

import whybounce
from bounces import bounces, large_bounce
from jobs import print_jobs
from whybounce.catalogue import catalogue
from whybounce.wire import diagnosis_as_dict
from whybounce.wording import Speaker

CORPUS = Path(__file__).parents[2] / "shared" / "corpus" / "sisimai-dev" / "eml"
ROUNDS = 7
SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000, 15_000_000)
LINE_ENDS = {"LF": b"\n", "CRLF": b"\r\n", "CR": b"\r"}

_SPEAKER = Speaker(catalogue())
_ENCODER = msgspec.json.Encoder()


def read_explain_json(raw: bytes) -> bytes:
    """Do what ``whybounce read --json`` does for each mail."""
    diagnosis = whybounce.diagnose(raw)
    return _ENCODER.encode(diagnosis_as_dict(diagnosis, catalogue(), _SPEAKER))


CONTENDERS: dict[str, Callable[[bytes], object]] = {
    "read + explain + JSON": read_explain_json,
    "read + explain": whybounce.diagnose,
    "read": whybounce.read,
    "flufl.bounce": lambda raw: all_failures(email.message_from_bytes(raw)),
    "email, policy compat32": email.message_from_bytes,
    "email, policy default": lambda raw: email.message_from_bytes(raw, policy=email.policy.default),
}


def mails_to_read(folder: Path) -> tuple[list[bytes], str]:
    """Return the mails, and where they come from in words."""
    mails = [path.read_bytes() for path in sorted(folder.glob("*.eml"))]
    if mails:
        return mails, f"{len(mails)} real mails of {folder.name}/"
    return bounces(400), "400 mails made up by bounces.py: more alike than real ones"


def rates(mails: Sequence[bytes]) -> tuple[dict[str, float], Counter[str]]:
    """Return the median messages a second of each contender, and the mails it raised on."""
    measured: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    raised: Counter[str] = Counter()
    for number in range(ROUNDS + 1):
        varied = [raw.replace(b"@", b".%d@" % number) for raw in mails]
        for name, work in CONTENDERS.items():
            start = time.process_time()
            for raw in varied:
                try:
                    work(raw)
                except Exception:  # noqa: BLE001  # a peer may raise anything on damaged mail
                    raised[name] += 1
            measured[name].append(len(varied) / (time.process_time() - start))
    # The first round compiles patterns and the like: start-up, not work.
    return {name: statistics.median(values[1:]) for name, values in measured.items()}, raised


def milliseconds(raw: bytes) -> float:
    """Return the median time that the mail takes to read, explain and write as JSON."""
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        read_explain_json(raw)
        times.append((time.process_time() - start) * 1000)
    return statistics.median(times)


def peak_memory(raw: bytes) -> tuple[float, float]:
    """Return the megabytes a new process needs at most for the mail, and before it begins."""
    with tempfile.NamedTemporaryFile(suffix=".eml") as file:
        file.write(raw)
        file.flush()
        command = [sys.executable, __file__, "--memory", file.name]
        done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603  # our own
    before, peak = map(float, done.stdout.split())
    return peak, before


def print_own_peak(file: Path) -> None:
    """Print the megabytes this process has needed before and after the mail: for the above."""
    read_explain_json(b"From: postmaster@example.org\n\n550 5.1.1 User unknown")
    print(own_peak())
    read_explain_json(file.read_bytes())
    print(own_peak())


def own_peak() -> float:
    """Return the most memory this process has had, in megabytes.

    Linux hands getrusage's figure down from the parent over exec; the one in /proc is our own.
    """
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) / 1024
    unit = 1024**2 if sys.platform == "darwin" else 1024  # Bytes there, kilobytes elsewhere.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def print_rates(mails: Sequence[bytes]) -> None:
    """Print the contenders side by side."""
    measured, raised = rates(mails)
    whole = measured["read + explain + JSON"]
    print(f"{'':<26}{'messages/s':>12}{'ours is':>10}{'raised':>9}")
    for name, rate in measured.items():
        print(f"{name:<26}{rate:>12,.0f}{whole / rate:>9.2f}x{raised[name] // (ROUNDS + 1):>9}")


def print_sizes() -> None:
    """Print time against size, with the straight line through it."""
    print(f"\n{'bytes':>12}" + "".join(f"{name:>11}" for name in LINE_ENDS) + "   milliseconds")
    points = []
    for size in SIZES:
        raw = large_bounce(size)
        row = [milliseconds(raw.replace(b"\n", end)) for end in LINE_ENDS.values()]
        points.append((len(raw) / 1e6, row[0]))
        print(f"{len(raw):>12,}" + "".join(f"{took:>11.2f}" for took in row))
    slope, fixed = statistics.linear_regression(*zip(*points, strict=True))
    fit = statistics.correlation(*zip(*points, strict=True)) ** 2
    print(f"straight line: {fixed:.2f} ms + {slope:.2f} ms for each MB, R² {fit:.4f}")


def print_memory() -> None:
    """Print what the largest needs."""
    print(f"\n{'15 MB, peak of a process':<26}{'MB':>8}{'before':>9}{'aim':>8}")
    for name, end in LINE_ENDS.items():
        raw = large_bounce(SIZES[-1]).replace(b"\n", end)
        peak, before = peak_memory(raw)
        print(f"{name:<26}{peak:>8.1f}{before:>9.1f}{2 * len(raw) / 1024**2 + 40:>8.1f}")


def main() -> int:
    """Measure and print."""
    if sys.argv[1:2] == ["--memory"]:
        print_own_peak(Path(sys.argv[2]))
        return 0
    mails, origin = mails_to_read(Path(sys.argv[1]) if len(sys.argv) > 1 else CORPUS)
    print(f"{origin}; medians of {ROUNDS} rounds in turn\n")
    print_rates(mails)
    print_sizes()
    print_memory()
    print()
    print_jobs(mails, (1, 2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
