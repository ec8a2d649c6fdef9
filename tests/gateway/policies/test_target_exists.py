"""Who is known, and leads to nobody."""

import pytest

from facts import BEN, COLLEAGUE, STRANGER, cause_of, found, replace
from whybounce.gateway.directory import Mailbox, MailUser
from whybounce.gateway.policies.target_exists import judge

ELSEWHERE = MailUser(address=BEN, to=BEN)


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (found(Mailbox(address=BEN)), None),
        (found(ELSEWHERE), None),
        (found(ELSEWHERE, missing="gone@contoso.example"), "no-such-mailbox"),
        (
            replace(found(ELSEWHERE), login=COLLEAGUE.login, missing="x@y.example"),
            "no-such-mailbox",
        ),
        (STRANGER, None),
    ],
)
def test_who_leads_to_nobody_is_refused(facts, cause):
    assert cause_of(judge(facts)) == cause


def test_where_it_leads_is_not_told_to_strangers():
    verdict = judge(found(ELSEWHERE, missing="gone@contoso.example"))

    assert "gone@contoso.example" in verdict.evidence
    assert "gone@contoso.example" not in verdict.values.values()
