"""When a login looks like a stolen password."""

import pytest

from facts import COLLEAGUE, STRANGER, cause_of, replace
from whybounce.gateway.limits import Limits
from whybounce.gateway.policies.login_uncompromised import judge

FIVE = Limits(failed_logins_per_hour=5)


def guessed(failed: int, limits: Limits = FIVE):
    """Return Anna's login after so many wrong passwords."""
    return replace(COLLEAGUE, limits=limits, counts={"failed-logins": failed})


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (guessed(4), None),
        (guessed(5), "banned-sender"),
        (guessed(5000, Limits(failed_logins_per_hour=0)), None),
        (replace(STRANGER, limits=FIVE, counts={"failed-logins": 9}), None),
    ],
)
def test_the_right_password_after_many_wrong_ones_is_a_thiefs(facts, cause):
    assert cause_of(judge(facts)) == cause


def test_the_account_is_banned_until_somebody_lifts_it():
    verdict = judge(guessed(5))

    assert str(verdict.status) == "5.7.503"
    assert verdict.restriction.subject == "anna@contoso.example"
    assert verdict.restriction.lasts is None
    assert "5 failed logins" in verdict.restriction.reason
