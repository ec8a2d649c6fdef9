"""Whose copies for the archive are taken."""

import pytest

from facts import COLLEAGUE, CONTOSO, OUR_SERVER, STRANGER, cause_of, replace, sent
from whybounce.gateway.directory import Organisation
from whybounce.gateway.policies.journal_taken import judge

JOURNAL = "From: journal@contoso.example\nX-MS-Journal-Report: "
ARCHIVING = Organisation(name="Contoso", journaling_archive=True)


def from_own_server(header=JOURNAL, receiving=CONTOSO):
    """Return the facts of a message that a server of Contoso's brings."""
    facts = replace(STRANGER, connector=OUR_SERVER, organisation=receiving, receiving=receiving)
    return sent(header, replace(facts, taken=(facts,)))


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (from_own_server(), "journaling-not-supported"),
        (from_own_server(JOURNAL.lower()), "journaling-not-supported"),
        (from_own_server("From: ben@contoso.example\nSubject: X-MS-Journal-Report"), None),
        (from_own_server(receiving=ARCHIVING), None),
        (replace(from_own_server(), organisation=Organisation(name="Fabrikam")), None),
        (replace(from_own_server(), connector=None, organisation=None), None),
        (sent(JOURNAL, replace(COLLEAGUE, taken=(COLLEAGUE,))), None),
        (replace(from_own_server(), taken=()), None),
    ],
)
def test_an_organisations_own_copies_need_its_archive(facts, cause):
    assert cause_of(judge(facts)) == cause
