"""What the gateway says in its own name."""

import pytest

from whybounce.catalogue import catalogue
from whybounce.vocabulary.cause import VerdictKind
from whybounce.vocabulary.status_code import StatusCode
from whybounce.wording import NoReplyFormError, own_reply


def test_a_cause_is_said_in_its_own_words_with_its_own_numbers():
    """Its placeholders filled in."""
    said = own_reply(
        catalogue(), "connection-refused", VerdictKind.DEFER, {"remote": "mx.example.org"}
    )

    assert str(said) == (
        "450 4.4.316 Connection refused by mx.example.org; another attempt follows"
    )


def test_what_is_not_known_is_said_in_words():
    """Never a placeholder."""
    said = own_reply(catalogue(), "connection-refused", VerdictKind.DEFER, {})

    assert "{" not in said.text


def test_of_several_forms_the_one_that_says_most_of_what_is_known_is_taken():
    """Whose limit it is depends on who has it."""

    def too_large(**values: str) -> str:
        return own_reply(catalogue(), "message-too-large", VerdictKind.REFUSE, values).text

    assert "this system accepts" in too_large(limit="9 octets")
    assert "mx.example.org accepts" in too_large(limit="9 octets", remote="mx.example.org")
    assert "ben@example.org accepts" in too_large(limit="9 octets", recipient="ben@example.org")


def test_a_status_chooses_among_forms():
    """A message expires in two ways."""
    said = own_reply(
        catalogue(), "message-expired", VerdictKind.EXPIRED, {}, status=StatusCode(5, 4, 300)
    )

    assert said.status == StatusCode(5, 4, 300)


def test_a_cause_without_such_a_form_is_named():
    """Whoever raises it is told which file lacks what."""
    with pytest.raises(NoReplyFormError, match=r"causes/unable-to-relay\.toml .* verdict expired"):
        own_reply(catalogue(), "unable-to-relay", VerdictKind.EXPIRED, {})


def test_an_operator_may_have_a_refusal_said_for_now():
    """Where the cause has no words of its own for that, those of the refusal are taken."""
    said = own_reply(catalogue(), "unable-to-relay", VerdictKind.DEFER, {})

    assert (said.code, said.status) == (451, StatusCode(4, 7, 1))
