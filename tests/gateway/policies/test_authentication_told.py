"""What happens while the DNS cannot tell."""

import pytest

from facts import COLLEAGUE, cause_of, judged
from whybounce.gateway.policies.authentication_told import judge
from whybounce.vocabulary.authentication import Result


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (judged(Result.TEMPERROR), "sender-records-unavailable"),
        (judged(Result.NONE, Result.TEMPERROR), "sender-records-unavailable"),
        (judged(Result.TEMPERROR, Result.PASS), None),
        (judged(Result.TEMPERROR, signers=("remote.example",)), None),
        (judged(Result.PASS, Result.TEMPERROR), None),
        (judged(Result.PERMERROR), None),
        (judged(), None),
        (COLLEAGUE, None),
    ],
)
def test_nobody_is_refused_for_good_because_of_a_silent_dns(facts, cause):
    verdict = judge(facts)

    assert cause_of(verdict) == cause
    assert type(verdict).__name__ in {"Pass", "Defer"}
