"""The rows of the seeds as conditions: each raised for real, with its own code."""

from test_seeds import ROWS as SEEDS
from whybounce.catalogue import catalogue
from whybounce.provoking.conditions import rows
from whybounce.provoking.naming import Conditions
from whybounce.provoking.provoke import provoke
from whybounce.vocabulary.status_code import StatusCode

CONDITIONS = Conditions(catalogue())


def test_every_row_of_the_seeds_is_a_condition_with_its_own_code():
    """All 69 of them, each with causes and codes as they were typed from the articles."""
    found = [(str(each.code or ""), frozenset(each.causes)) for each in CONDITIONS.table()]
    wanted = [("".join(codes[:1]), frozenset(causes)) for codes, _, causes, _ in SEEDS]

    assert sorted(found, key=str) == sorted(wanted, key=str)


def test_every_row_is_made_to_happen():
    """By the gateway's own policies, and its own demands on the way: nobody else says it."""
    seeds = {cause for _, _, causes, _ in SEEDS for cause in causes}

    assert [str(each) for each in CONDITIONS.table() if not each.is_real] == []
    assert {cause for cause in seeds if cause not in rows()} == set()


def test_every_row_of_the_seeds_is_raised(running):
    """In one round, through one demonstration."""
    table = CONDITIONS.table()

    came = list(provoke(table, running.whereabouts, patience=60))

    assert [f"{each.condition}: {each.status} {each.said} {each.trouble}" for each in came
            if not each.is_raised] == []  # fmt: skip
    assert len(came) == 69
    assert {each.status for each in came if each.is_delay} == {
        StatusCode.parse(code)
        for code in ("4.3.2", "4.4.316", "4.4.8", "4.7.5", "4.7.321", "4.7.322", "4.7.323", "4.7.324",
                     "4.7.325")
    }  # fmt: skip
