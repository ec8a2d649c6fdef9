"""In which order policies are asked, what an operator makes of them, and what is counted."""

from datetime import timedelta

import pytest

from facts import BEN, STRANGER, found, replace
from whybounce.gateway.directory import Mailbox
from whybounce.gateway.policies import (
    PASS,
    POLICIES,
    Defer,
    Judge,
    Mode,
    Need,
    Pass,
    Policy,
    Refuse,
    Stage,
    Tally,
)
from whybounce.vocabulary.envelope import Recipient

REFUSED = Refuse("unable-to-relay", evidence="because")
_TRIED = Tally("tried", timedelta(hours=1), Stage.RCPT, lambda facts: facts.sender)
_MISSED = replace(_TRIED, name="missed", refused_for=frozenset({"recipient-not-found"}))
NO = Policy("no", Stage.RCPT, ("unable-to-relay",), lambda _: REFUSED, tallies=(_TRIED, _MISSED))
YES = Policy("yes", Stage.RCPT, (), lambda _: PASS, needs=frozenset({Need.BLOCKS}))


def test_the_first_policy_that_is_against_it_decides():
    judgement = Judge((YES, NO, replace(NO, name="later")), {}).judge(Stage.RCPT, STRANGER)

    assert (judgement.verdict, judgement.policy) == (REFUSED, "no")


def test_a_policy_of_another_stage_is_not_asked():
    assert isinstance(Judge((NO,), {}).judge(Stage.MAIL, STRANGER).verdict, Pass)


def test_an_operator_may_defer_instead():
    judgement = Judge((NO,), {"no": Mode.DEFER}).judge(Stage.RCPT, STRANGER)

    assert judgement.verdict == Defer("unable-to-relay", evidence="because")


def test_an_operator_may_have_it_written_down_only():
    judgement = Judge((NO,), {"no": Mode.LOG}).judge(Stage.RCPT, STRANGER)

    assert isinstance(judgement.verdict, Pass)
    assert judgement.logged == (("no", REFUSED),)


def test_what_is_off_is_not_asked_nor_are_its_facts_fetched():
    judge = Judge((YES, NO), {"no": Mode.OFF, "yes": Mode.OFF})

    assert isinstance(judge.judge(Stage.RCPT, STRANGER).verdict, Pass)
    assert (judge.needs(Stage.RCPT), judge.tallies(Stage.RCPT)) == (frozenset(), ())


def test_a_postmaster_of_ours_takes_mail_from_everybody():
    """RFC 5321 §4.5.1."""
    judge = Judge((NO,), {})
    for address in ("Postmaster@contoso.example", "postmaster"):
        reached = replace(STRANGER, recipient=Recipient(address))
        assert isinstance(judge.judge(Stage.RCPT, reached).verdict, Pass)

    elsewhere = replace(STRANGER, recipient=Recipient("postmaster@x.example"), domain=None)
    assert judge.judge(Stage.RCPT, elsewhere).verdict is REFUSED


def test_what_is_taken_and_what_is_refused_are_counted_apart():
    judge = Judge((NO,), {})
    nobody = replace(STRANGER, envelope=replace(STRANGER.envelope, return_path=""))

    assert judge.counts(Stage.RCPT, STRANGER) == {"tried chris@remote.example": 1}
    assert judge.counts(Stage.MESSAGE, STRANGER) == {}
    assert judge.counts(Stage.RCPT, nobody) == {}
    refused = judge.counts_of_refusal(Stage.RCPT, STRANGER, "recipient-not-found")
    assert refused == {"missed chris@remote.example": 1}
    assert judge.counts_of_refusal(Stage.RCPT, STRANGER, "mailbox-full") == {}


@pytest.mark.parametrize("stage", Stage)
def test_ordinary_mail_is_refused_by_nobody(stage):
    ordinary = found(Mailbox(address=BEN))

    assert isinstance(Judge(POLICIES, {}).judge(stage, ordinary).verdict, Pass)
