"""What an answer means for a recipient."""

import pytest
from hypothesis import given, strategies as st

from whybounce.gateway.delivery.decisions import Decision, decide
from whybounce.gateway.smtp.client import Answered, Fault, ServerReply

BEFORE_MAIL = ("greeting", "EHLO", "LHLO", "HELO", "STARTTLS", "AUTH")
ABOUT_MAIL = ("MAIL", "RCPT", "DATA", "BDAT")
ENDS = ("end of DATA", "BDAT LAST")

commands = st.sampled_from((*BEFORE_MAIL, *ABOUT_MAIL, *ENDS))
texts = st.sampled_from(("", "5.1.1 No such user", "4.2.2 Full", "5.5.3 Too many", "Go away"))
FOR_GOOD = {Decision.FAILED, Decision.NEXT_HOST_FINAL}


def heard(code: int, text: str = "") -> ServerReply:
    """Return a reply."""
    return ServerReply(code, (text,))


@given(commands, st.integers(400, 499), texts)
def test_4yz_is_never_for_good(command, code, text):
    """RFC 5321 §4.2.1, whatever the text claims."""
    decision = decide(Answered(command, heard(code, text)))

    assert decision in {Decision.DEFERRED, Decision.NEXT_HOST}


@given(st.sampled_from((*ABOUT_MAIL, *ENDS)), st.integers(500, 599), texts)
def test_5yz_to_the_mail_is_final_but_for_too_many_recipients(command, code, text):
    """552 at RCPT without a status that says else means 452, RFC 5321 §4.5.3.1.10."""
    decision = decide(Answered(command, heard(code, text)))

    if decision is not Decision.FAILED:
        assert (command, code, decision) == ("RCPT", 552, Decision.DEFERRED)
        assert text in ("", "5.5.3 Too many", "Go away")


@given(commands, st.integers(200, 599), texts)
def test_only_the_end_of_the_message_can_be_an_acceptance(command, code, text):
    """2yz to anything else is no delivery."""
    decision = decide(Answered(command, heard(code, text)))

    accepted = command in ENDS and 200 <= code < 300
    assert (decision is Decision.ACCEPTED) is accepted


@given(commands)
def test_421_always_means_another_host(command):
    """RFC 5321 §3.8: it is closing, whatever it was asked."""
    assert decide(Answered(command, heard(421, "4.3.2 Bye"))) is Decision.NEXT_HOST


@given(st.sampled_from(BEFORE_MAIL), st.integers(400, 599), texts)
def test_what_a_server_says_before_mail_leaves_the_next_host_to_ask(command, code, text):
    """It speaks of itself."""
    decision = decide(Answered(command, heard(code, text)))

    assert decision in {Decision.NEXT_HOST, Decision.NEXT_HOST_FINAL}


@pytest.mark.parametrize("command", ["AUTH", "STARTTLS"])
def test_what_is_ours_to_mend_returns_no_mail(command):
    """A wrong password, or TLS refused."""
    assert decide(Answered(command, heard(535, "5.7.8 Bad"))) is Decision.NEXT_HOST


@given(commands, st.sampled_from(list(Fault)))
def test_silence_is_never_acceptance_and_after_the_end_never_another_host(command, fault):
    """After the end the server may have the message."""
    decision = decide(Answered(command, fault))
    known_before = fault in {Fault.TOO_LARGE, Fault.NEEDS_8BITMIME, Fault.NEEDS_SMTPUTF8}

    assert decision is not Decision.ACCEPTED
    assert (decision in FOR_GOOD) is known_before
    if command in ENDS and not known_before:
        assert decision is Decision.DEFERRED
