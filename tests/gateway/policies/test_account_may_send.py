"""What restricted and banned accounts may send."""

import pytest
from msgspec.structs import replace as with_

from facts import ANNA, COLLEAGUE, STRANGER, cause_of, in_force, replace
from whybounce.gateway.directory.nouns import Sending
from whybounce.gateway.policies.account_may_send import judge

TO_OUTSIDE = replace(COLLEAGUE, domain=None)


def sending(what: Sending, facts=COLLEAGUE):
    """Return the facts with an account of that standing."""
    return replace(facts, login=replace(ANNA, account=with_(ANNA.account, sending=what)))


def blocked(cause: str, facts=COLLEAGUE, by: str = "an administrator"):
    """Return the facts with a block of Anna's account in force."""
    return replace(facts, blocks=(in_force("account", "anna@contoso.example", cause, by=by),))


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (COLLEAGUE, None),
        (TO_OUTSIDE, None),
        (sending(Sending.RESTRICTED), None),
        (sending(Sending.RESTRICTED, TO_OUTSIDE), "bad-outbound-sender"),
        (sending(Sending.BANNED), "banned-sender"),
        (blocked("bad-outbound-sender"), None),
        (blocked("bad-outbound-sender", TO_OUTSIDE), "bad-outbound-sender"),
        (blocked("banned-sender"), "banned-sender"),
        (blocked("spam-abuse-detected"), "spam-abuse-detected"),
        (replace(STRANGER, domain=None), None),
    ],
)
def test_a_restricted_account_writes_to_colleagues_and_a_banned_one_to_nobody(facts, cause):
    assert cause_of(judge(facts)) == cause


def test_the_code_tells_an_administrators_ban_from_a_stolen_password():
    assert str(judge(blocked("banned-sender")).status) == "5.7.502"
    assert str(judge(blocked("banned-sender", by="login_uncompromised")).status) == "5.7.503"
