"""Who may send to others than us."""

import pytest

from facts import COLLEAGUE, OUR_SERVER, RELAY, STRANGER, cause_of, replace
from whybounce.gateway.policies.relay_allowed import judge


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (STRANGER, None),
        (replace(STRANGER, domain=None), "unable-to-relay"),
        (replace(COLLEAGUE, domain=None), None),
        (replace(STRANGER, domain=None, connector=RELAY), None),
        (replace(STRANGER, domain=None, connector=OUR_SERVER), "unable-to-relay"),
        (replace(STRANGER, domain=None, claims_to_be_ours=True), "tenant-attribution"),
        (
            replace(STRANGER, domain=None, claims_to_be_ours=True, connector=OUR_SERVER),
            "unable-to-relay",
        ),
        (replace(STRANGER, domain=None, leads_here=True), "relay-access-denied"),
        (
            replace(STRANGER, domain=None, leads_here=True, claims_to_be_ours=True),
            "tenant-attribution",
        ),
        (replace(STRANGER, claims_to_be_ours=True), None),
    ],
)
def test_strangers_do_not_send_to_strangers(facts, cause):
    assert cause_of(judge(facts)) == cause
