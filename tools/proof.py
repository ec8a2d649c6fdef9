"""Prove that nothing acknowledged is lost: kill the real gateway under load, and count every mail.

python tools/proof.py [--engine sqlite] [--kills 25] [--seed 7]

Each run kills ``whybounce serve`` once at each named step and then at random moments, lets what is
left come to its end and counts, on SQLite and on a PostgreSQL of its own; there, the database crashes
a few times, too. The unit is mail: one message to one recipient. docs/promise.md says what is promised.
"""

import argparse
import asyncio
import secrets
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))

from postgresql import postgresql_running
from proving import STEPS, Count, prove

_CRASHES = 5  # Of the database, where it is a server.


def main() -> int:
    """Prove it, print the counts, and return 1 where the promise does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=["sqlite", "postgresql"], help="only this one")
    parser.add_argument("--kills", type=int, default=25, help="at random moments, for each engine")
    parser.add_argument("--seed", type=int, default=secrets.randbits(32))
    given = parser.parse_args()
    engines = [given.engine] if given.engine else ["sqlite", "postgresql"]
    counts = [prove_on(engine, given.seed, given.kills) for engine in engines]
    return int(any(count.broken for count in counts))


def prove_on(engine: str, seed: int, kills: int) -> Count:
    """Prove it on one engine, and print the count."""
    with tempfile.TemporaryDirectory(prefix="whybounce-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if engine == "sqlite":
            count = asyncio.run(prove(folder, seed, random_kills=kills))
        else:
            (folder / "postgresql").mkdir()
            folder.chmod(0o711)  # PostgreSQL runs as another user.
            with postgresql_running(str(folder / "postgresql")) as server:
                count = asyncio.run(
                    prove(folder, seed, random_kills=kills, crashes=_CRASHES, server=server)
                )
    print(f"{engine}, seed {seed}, steps {', '.join(STEPS)}:")
    print(f"  {count}")
    print(
        f"  of {count.in_flight} in flight at the kills; the promise is {_kept(count)}", flush=True
    )
    return count


def _kept(count: Count) -> str:
    return f"BROKEN: {'; '.join(count.broken)}" if count.broken else "kept"


if __name__ == "__main__":
    sys.exit(main())
