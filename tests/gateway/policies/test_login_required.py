"""Who must log in."""

import pytest

from facts import COLLEAGUE, STRANGER, cause_of, replace
from whybounce.gateway.policies.login_required import judge

LOGGED_IN = replace(COLLEAGUE, session=replace(COLLEAGUE.session, account="anna@contoso.example"))


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (STRANGER, None),
        (replace(STRANGER, is_submission=True), "anonymous-submission"),
        (replace(STRANGER, login_required=True), "client-not-authenticated"),
        (LOGGED_IN, None),
        (replace(LOGGED_IN, login_required=True), None),
    ],
)
def test_a_listener_for_our_own_people_takes_no_strangers(facts, cause):
    assert cause_of(judge(facts)) == cause
