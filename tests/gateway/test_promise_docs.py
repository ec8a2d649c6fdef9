"""The document of the promise: each test it names is there, and its words are the design's."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROMISE = (ROOT / "docs" / "promise.md").read_text(encoding="utf-8")
NUMBERS = re.findall(
    r"kills (\d+), acknowledged (\d+), delivered (\d+), reported (\d+), withheld (\d+),"
    r" queued (\d+), lost (\d+), twice (\d+)",
    PROMISE,
)


@pytest.mark.parametrize("test", sorted(set(re.findall(r"`(tests/[a-z_/]+\.py)`", PROMISE))))
def test_the_test_that_holds_it_is_there(test):
    assert (ROOT / test).exists()


def test_every_sentence_has_a_test():
    table = PROMISE.partition("## The proof")[0]
    rows = re.findall(r"^\| (.+?) \| (.+?) \|$", table, re.MULTILINE)[1:]

    assert len(rows) >= 10
    assert all(held.startswith("`tests/gateway/") for _, held in rows)


@pytest.mark.parametrize("counted", NUMBERS, ids=["sqlite", "postgresql"])
def test_the_quoted_counts_add_up(counted):
    kills, acknowledged, delivered, reported, withheld, queued, lost, _ = map(int, counted)

    assert kills >= 25
    assert delivered + reported + withheld + queued == acknowledged
    assert lost == 0
