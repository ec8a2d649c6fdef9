"""Attack the real gateway in all the ways we know, and print what that cost it, and others.

python tools/attacks.py [--size 1]

The size multiplies each attack; 1 is 10,000 idle connections, a gigabyte in one line, a million
recipients. It ends with 1 where one attack took more than 300 MB or somebody else was not served.
"""

import argparse
import asyncio
import random
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))

from attacking import ATTACKS, LIMITS, Result, attacked
from proving import place
from served import more_files

_MOST = 300 << 20


def main() -> int:
    """Attack, print a table, and return 1 where a bound does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=float, default=1.0)
    results = asyncio.run(_attack(parser.parse_args().size))
    return int(any(each.peak > _MOST or each.failed for each in results))


async def _attack(size: float) -> list[Result]:
    more_files(24_000)
    results = []
    print("| attack | lasted | peak memory | others served | longest | the attacker is told |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="whybounce-", ignore_cleanup_errors=True) as name:
        chance = random.Random(0)  # noqa: S311  # nothing depends on it
        async with place(Path(name), chance, inbound="connections = 12000", more=LIMITS) as there:
            await there.served.start()
            for attack in ATTACKS:
                result = await attacked(there, attack, size)
                results.append(result)
                print(_row(result), flush=True)
            await there.served.stop()
    return results


def _row(result: Result) -> str:
    failed = f", {len(result.failed)} not" if result.failed else ""
    return (
        f"| {result.name} | {result.seconds:.0f} s | {result.peak >> 20} MB | {result.served}{failed}"
        f" | {result.longest:.2f} s | {result.told[:120]} |"
    )


if __name__ == "__main__":
    sys.exit(main())
