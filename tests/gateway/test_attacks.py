"""What a stranger sends costs a bounded amount of memory, and others are served meanwhile.

tools/attacks.py does the same in full size.
"""

import random

from attacking import ATTACKS, LIMITS, attacked
from proving import place
from served import more_files

MOST = 300 << 20  # Octets.

# What the attacker hears at the end, in short; a slow one and an idle one hear nothing in a test.
SIZES = {"idle_connections": 0.2}  # 2,000 of them.
TOLD = {
    "endless_command": "421",
    "endless_line_of_data": "55",
    "reset_storm": "421",
    "large_by_size": "552 5.3.4",
    "large_by_octets": "552 5.3.4",
    "guessing": "454 4.7.0",
}


async def test_attacks_take_at_most_300_mb_and_others_are_served(tmp_path):
    """One gateway bears them one after another, and still stands."""
    more_files(8_000)
    chance = random.Random(0)  # noqa: S311  # nothing depends on it
    results = {}
    async with place(tmp_path, chance, inbound="connections = 3000", more=LIMITS) as there:
        await there.served.start()
        for attack in ATTACKS:
            size = SIZES.get(attack.__name__, 0.01)
            results[attack.__name__] = await attacked(there, attack, size)
        await there.settled()
        code = await there.served.stop()

    assert code == 0
    assert {name: each.peak >> 20 for name, each in results.items() if each.peak > MOST} == {}
    assert {name: each.failed for name, each in results.items() if each.failed} == {}
    assert {name: each.longest for name, each in results.items() if each.longest > 10} == {}
    told = {name: results[name].told for name in TOLD}
    assert {name: said for name, said in told.items() if TOLD[name] not in said} == {}
