"""What went round in a circle."""

import pytest

from facts import CONTOSO, STRANGER, cause_of, found, replace, sent
from whybounce.gateway.addresses import DomainName, MailAddress
from whybounce.gateway.directory import Domain, DomainKind, InboundConnector, Mailbox, Organisation
from whybounce.gateway.limits import Limits
from whybounce.gateway.policies.not_looping import judge

OURS = "Received: from a by mail.contoso.example with ESMTP id 1"
THEIRS = "Received: from b by mx.remote.example (Postfix) with ESMTP id 1"
BRANCH = Domain(name=DomainName("branch.contoso.example"), kind=DomainKind.INTERNAL_RELAY)
OFFICE = InboundConnector(name="office")
BACK = replace(STRANGER, connector=OFFICE, organisation=CONTOSO, domain=BRANCH, receiving=CONTOSO)


def way(ours: int = 0, theirs: int = 0, facts=STRANGER, **limits: int):
    """Return the facts of a message that passed as many servers."""
    header = "\n".join([OURS] * ours + [THEIRS] * theirs + ["From: chris@remote.example"])
    return replace(sent(header, facts), limits=Limits(**limits))


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        (way(), None),
        (way(theirs=60), None),
        (way(theirs=100), None),
        (way(theirs=101), "5.4.14"),
        (way(ours=19, theirs=19), None),
        (way(ours=20), "5.4.14"),
        (way(ours=3, resubmissions=3), "5.4.14"),
        (way(theirs=26, hops=25), "5.4.14"),
    ],
)
def test_many_servers_or_many_times_ours_are_a_circle(facts, status):
    verdict = judge(facts)

    assert cause_of(verdict) == ("routing-loop" if status else None)
    assert not status or str(verdict.status) == status


@pytest.mark.parametrize(
    ("facts", "loops"),
    [
        (way(ours=1, facts=replace(BACK, taken=(BACK,))), True),
        (way(ours=1, facts=replace(BACK, taken=(STRANGER, BACK))), True),
        (way(ours=0, theirs=5, facts=replace(BACK, taken=(BACK,))), False),
        (way(ours=1, facts=replace(BACK, taken=(replace(BACK, domain=STRANGER.domain),))), False),
        (
            way(ours=1, facts=replace(BACK, taken=(replace(BACK, domain=None, receiving=None),))),
            False,
        ),
        (
            way(
                ours=1,
                facts=replace(
                    BACK,
                    taken=(
                        found(Mailbox(address=MailAddress("c@branch.contoso.example")), facts=BACK),
                    ),
                ),
            ),
            False,
        ),
        (
            way(
                ours=1,
                facts=replace(
                    BACK, taken=(replace(BACK, receiving=Organisation(name="Fabrikam")),)
                ),
            ),
            False,
        ),
        (way(ours=1, facts=replace(STRANGER, taken=(replace(STRANGER, domain=BRANCH),))), False),
    ],
)
def test_what_comes_back_by_a_connector_and_would_go_there_again_is_a_circle(facts, loops):
    verdict = judge(facts)

    assert cause_of(verdict) == ("routing-loop" if loops else None)
    assert not loops or str(verdict.status) == "5.4.6"


def test_the_servers_are_counted_for_the_trace():
    assert judge(way(ours=20, theirs=2)).evidence == "22 Received fields, 20 of them ours"


@pytest.mark.parametrize(
    "field",
    [
        "Received: by mail.contoso.example; Sat, 21 Nov 2026 12:00:00 +0000",
        "Received: from [192.0.2.1] (helo)\tby MAIL.CONTOSO.EXAMPLE; date",
        "Received: from x by  mail.contoso.example with LMTP",
    ],
)
def test_our_own_field_is_known_in_every_spelling(field):
    header = "\n".join([field] * 2)

    assert cause_of(judge(replace(sent(header), limits=Limits(resubmissions=2)))) == "routing-loop"
