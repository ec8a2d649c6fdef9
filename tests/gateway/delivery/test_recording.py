"""What came of an attempt, as the store and the report have it."""

from datetime import UTC, datetime

import pytest

from whybounce import explain
from whybounce.catalogue import catalogue
from whybounce.gateway.delivery.attempts import Asked, Attempt, Ending, Obstacle, Remote
from whybounce.gateway.delivery.recording import (
    attempt_rows,
    expired,
    outcome_of,
    reply_of,
    untried_rows,
)
from whybounce.gateway.delivery.relaying import _CAUSES, _FINAL_FAULTS
from whybounce.gateway.smtp.client import Fault
from whybounce.gateway.store.rows import LeasedRecipient
from whybounce.notation import read_reply, write_reply
from whybounce.vocabulary.outcome import Action

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
BEN = LeasedRecipient(0, "ben@example.org", "example.org", "rfc822;b@example.com", None, 2, None)
MX = Remote("mx.example.org", "192.0.2.1", "TLSv1.3 X (opportunistic)")


def attempt(said: str | Obstacle, ending: Ending, command: str | None = "RCPT") -> Attempt:
    """Return a try that asked one remote."""
    asked = Asked(NOW, read_reply(said) if isinstance(said, str) else said, command, MX)
    return Attempt(BEN, ending, (asked,), asked)


def test_a_refusal_is_the_remote_s_own():
    """In its words, with its status and its name."""
    outcome = outcome_of(attempt("550 5.1.1 No such user", Ending.FAILED))

    assert outcome.action is Action.FAILED
    assert str(outcome.status) == "5.1.1"
    assert (outcome.remote, outcome.rejected_by) == ("mx.example.org", "mx.example.org")
    assert (outcome.recipient, outcome.original_recipient) == ("ben@example.org", "b@example.com")
    assert outcome.command == "RCPT"
    assert len(outcome.attempts) == 1


@pytest.mark.parametrize(
    ("said", "ending", "status"),
    [
        ("550 No", Ending.FAILED, "5.0.350"),
        ("451 Later", Ending.DEFERRED, "4.0.0"),
        ("550 4.7.1 Confused", Ending.FAILED, "5.7.1"),
        ("250 Ok", Ending.RELAYED, "2.0.0"),
    ],
)
def test_the_status_agrees_with_what_came_of_it(said, ending, status):
    """RFC 3464 §2.3.4 demands one, and the first digit of the reply decides."""
    assert str(outcome_of(attempt(said, ending)).status) == status


@pytest.mark.parametrize("said", ["554 Zorp", "550 5.0.0 Zorp"])
def test_a_refusal_whose_code_says_nothing_is_told_inside_ours(said):
    """As wrappers do: who refused, then the words behind an arrow."""
    outcome = outcome_of(attempt(said, Ending.FAILED))

    assert write_reply(outcome.reply) == (
        f"550 5.0.350 Remote server returned an error: mx.example.org refused mail for ben@example.org -> {said}"
    )
    assert str(outcome.status) == "5.0.350"
    assert str(outcome.attempts[0].reply) == said


@pytest.mark.parametrize("said", ["550 5.1.1 No", "452 4.2.2 Full"])
def test_other_words_of_a_remote_stay_as_they_are(said):
    """They tell more than ours."""
    ending = Ending.FAILED if said.startswith("5") else Ending.DEFERRED

    assert outcome_of(attempt(said, ending)).reply.inner is None


def test_an_obstacle_is_said_in_the_catalogue_s_words_and_nobody_rejected():
    """The store keeps the evidence besides."""
    met = attempt(Obstacle("connection-refused", "192.0.2.1 port 25"), Ending.DEFERRED, "connect")
    outcome, (row,) = outcome_of(met), attempt_rows([met])

    assert str(outcome.reply).startswith("450 4.4.316 Connection refused by mx.example.org")
    assert outcome.rejected_by is None
    assert row.error == "connection-refused: 192.0.2.1 port 25"
    assert (row.code, row.reply, row.tls) == (None, None, MX.tls)


def test_what_nobody_tried_is_no_attempt():
    """Only its reason is told."""
    met = attempt("421 4.3.2 Bye", Ending.DEFERRED)

    untried = Attempt(BEN, met.ending, met.asked, met.decided, untried=True)

    assert attempt_rows([untried]) == ()
    assert untried_rows([met, untried])[0].reply == "421 4.3.2 Bye"


@pytest.mark.parametrize(("was_answered", "status"), [(True, "4.4.7"), (False, "5.4.300")])
def test_what_expired_carries_the_last_real_error(was_answered, status):
    """Explained by the inner one, RFC 3464's action is failed."""
    outcome = expired(attempt("452 4.2.2 Mailbox full", Ending.DEFERRED), was_answered=was_answered)

    assert outcome.action is Action.FAILED
    assert str(outcome.status) == status
    assert str(outcome.reply.inner) == "452 4.2.2 Mailbox full"


SECURED = {
    "certificate-expired": "5.7.322",
    "certificate-host-mismatch": "5.7.325",
    "dnssec-invalid": "5.7.324",
    "mta-sts-certificate": "5.7.5",
    "mta-sts-mx-mismatch": "5.4.8",
    "partner-certificate-invalid": "5.7.320",
    "starttls-not-supported": "5.7.321",
    "tlsa-invalid": "5.7.323",
}


@pytest.mark.parametrize(("cause", "status"), SECURED.items())
def test_how_mail_is_secured_has_numbers_for_now_and_for_the_end(cause, status):
    """4.7.x while it is tried, 5.7.x at expiry; both with the evidence, both explained as themselves."""
    evidence = 'certificate "mailbox full" for mx.example.org (TLSA 3 1 1 00)'
    met = attempt(Obstacle(cause, evidence), Ending.DEFERRED, "STARTTLS")
    now, end = outcome_of(met), expired(met, was_answered=False)

    assert str(end.status) == status
    assert str(now.status) == f"4{status[1:]}"
    assert end.reply.inner is None
    assert end.reply.code == 550
    assert all(evidence in each.reply.text for each in (now, end))
    assert [explain(each).cause for each in (now, end)] == [cause] * 2


@pytest.mark.parametrize("fault", list(Fault))
def test_each_fault_of_a_conversation_has_words(fault):
    """For good or for now, whichever it is; and they are explained as what they are."""
    obstacle = Obstacle(_CAUSES[fault], str(fault), permanent=fault in _FINAL_FAULTS, limit=1000)
    reply = reply_of(Asked(NOW, obstacle, "MAIL", MX), "ben@example.org")

    assert reply.code is not None
    assert reply.code // 100 == (5 if obstacle.permanent else 4)
    assert explain(str(reply)).cause == obstacle.cause


RAISED = [
    ("cannot-connect", False),
    ("certificate-expired", False),
    ("connection-refused", False),
    ("connection-timed-out", False),
    ("dns-query-failed", False),
    ("dnssec-invalid", False),
    ("local-delivery-failed", False),
    ("starttls-not-supported", False),
    ("system-error", False),
    ("bad-address-syntax", True),
    ("domain-does-not-exist", True),
    ("mailbox-full", True),
    ("no-route", True),
    ("null-mx", True),
    ("routing-loop", True),
]


@pytest.mark.parametrize(("cause", "permanent"), RAISED)
def test_each_obstacle_has_words(cause, permanent):
    """In its cause's file."""
    asked = Asked(NOW, Obstacle(cause, "found", permanent=permanent), None, MX)

    assert cause in catalogue().causes
    assert reply_of(asked, "ben@example.org").code is not None
