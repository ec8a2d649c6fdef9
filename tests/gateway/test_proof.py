"""The promise, on the whole gateway: tools/proof.py runs the same for longer."""

import os
import secrets

import pytest

from proving import STEPS, prove


@pytest.mark.parametrize(
    ("database", "steps"),
    [("sqlite", STEPS), ("postgresql", ("after-commit", "after-remote-250", "committing-report"))],
)
async def test_what_was_acknowledged_is_delivered_reported_withheld_or_queued(
    request, tmp_path, database, steps
):
    """Killed at each step, and once at any moment; no mail ends nowhere, none is reported twice."""
    seed = int(os.environ.get("WHYBOUNCE_SEED") or secrets.randbits(32))
    server = request.getfixturevalue("postgresql") if database == "postgresql" else None
    count = await prove(tmp_path, seed, random_kills=1, steps=steps, server=server)
    print(f"WHYBOUNCE_SEED={seed}: {count}")  # noqa: T201  # pytest shows it where this fails

    assert count.broken == []
    assert count.lost == ()
    assert count.delivered > 0
    assert count.reported > 0
    ends = count.delivered + count.reported + count.withheld + count.queued
    assert ends == count.acknowledged
