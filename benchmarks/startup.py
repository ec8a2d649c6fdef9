"""How fast Whybounce starts: importing it, and one answer from the command line.

    python benchmarks/startup.py

Each in a process of its own, the median of some; the peer is Python doing nothing.
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROUNDS = 15


def milliseconds(*command: str) -> float:
    """Return the median time the command takes."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603  # our own
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def main() -> int:
    """Measure and print."""
    whybounce = str(Path(sys.executable).with_name("whybounce"))
    nothing = milliseconds(sys.executable, "-c", "pass")
    imported = milliseconds(sys.executable, "-c", "import whybounce")
    answered = milliseconds(whybounce, "explain", "5.7.1")
    print(f"python, nothing            {nothing:>7.0f} ms")
    print(f"import whybounce           {imported:>7.0f} ms   {imported / nothing:>5.1f}x")
    print(f"whybounce explain 5.7.1    {answered:>7.0f} ms   {answered / nothing:>5.1f}x")
    return 0


if __name__ == "__main__":
    sys.exit(main())
