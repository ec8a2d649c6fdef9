"""Which condition a name means."""

import pytest

from whybounce.catalogue import catalogue
from whybounce.provoking.naming import Conditions
from whybounce.vocabulary.status_code import StatusCode


@pytest.fixture(scope="module")
def conditions() -> Conditions:
    """All of them."""
    return Conditions(catalogue())


@pytest.mark.parametrize(
    ("name", "cause", "is_real"),
    [
        ("unable-to-relay", "unable-to-relay", True),
        ("null-mx", "null-mx", True),
        ("spam-content", "spam-content", False),
        ("mailbox-full=4.2.2", "mailbox-full", False),
        ("5.7.606", "banned-sending-ip", False),
    ],
)
def test_a_name_is_a_cause_or_a_code_and_says_how_it_is_met(conditions, name, cause, is_real):
    """What no row makes happen is said by a server, to a recipient of that name."""
    condition = conditions.named(name)

    assert condition.causes[0] == cause
    assert condition.is_real == is_real
    assert is_real != (condition.how == "the server of provoke.example says so")
    if not is_real:
        assert condition.client.recipients == (f"{condition.wanted}@provoke.example",)


@pytest.mark.parametrize("name", ["", "no-such-cause", "9.9.9", "mailbox-full=x"])
def test_what_is_no_condition_has_none(conditions, name):
    assert conditions.named(name) is None


def test_the_table_has_each_row_with_the_code_that_must_be_said_in_order(conditions):
    """Those without a code stand at the end."""
    codes = [each.code for each in conditions.table()]
    seeds = {seed for cause in catalogue().causes.values() for seed in cause.seeds}

    assert len(codes) == len(seeds)
    assert [each for each in codes if each] == sorted(each for each in codes if each)
    assert None not in codes[: -codes.count(None) or None]


def test_all_has_each_cause_and_each_code_once(conditions):
    """A cause with ways of its own is not also said by a server."""
    names = [str(each.wanted) for each in conditions.all()]

    assert len(names) == len(set(names))
    assert {name.partition("=")[0] for name in names} == set(catalogue().causes)
    assert conditions.named("mailbox-full=5.2.2").wanted.code == StatusCode(5, 2, 2)
