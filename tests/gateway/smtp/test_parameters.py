"""The parameters of MAIL and RCPT. What each may hold stands in the dialogue ``parameters.txt``."""

import pytest
from hypothesis import given, strategies as st

from whybounce.gateway.smtp.parameters import (
    MAIL,
    RCPT,
    BadParameterError,
    UnknownParameterError,
    read_parameters,
)
from whybounce.gateway.smtp.xtext import encode_utf8_xtext, encode_xtext
from whybounce.vocabulary.envelope import Envelope, Notify, OriginalRecipient, Recipient

PRINTABLE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=33)
WISHES = st.sets(st.sampled_from([Notify.SUCCESS, Notify.FAILURE, Notify.DELAY]), min_size=1)


@given(PRINTABLE, st.integers(0, 10**20 - 1))
def test_an_envelope_id_is_read_as_it_was_meant(envelope_id: str, size: int):
    """RFC 3461 §4.4."""
    fields = read_parameters(f" ENVID={encode_xtext(envelope_id)} SIZE={size}", MAIL)

    assert Envelope("", **fields) == Envelope("", envelope_id=envelope_id, size=size)


@given(PRINTABLE, WISHES)
def test_the_original_recipient_is_read_as_it_was_meant(address: str, wishes: set[Notify]):
    """RFC 3461 §4.1, §4.2, RFC 6533 §3."""
    notify = ",".join(wish.lower() for wish in wishes)
    for kind, encode in (("rfc822", encode_xtext), ("utf-8", encode_utf8_xtext)):
        if kind == "utf-8" and " " in address:
            continue
        fields = read_parameters(f" orcpt={kind};{encode(address)} notify={notify}", RCPT)

        assert Recipient("", **fields) == Recipient(
            "", frozenset(wishes), OriginalRecipient(kind, address)
        )


def test_lengths_are_those_of_the_standard():
    """RFC 3461 §4.2 and §4.4, before decoding."""
    assert read_parameters(" ENVID=" + "a" * 100, MAIL)
    assert read_parameters(" ORCPT=rfc822;" + "a" * 493, RCPT)
    for rest, known in ((" ENVID=" + "a" * 101, MAIL), (" ORCPT=rfc822;" + "a" * 494, RCPT)):
        with pytest.raises(BadParameterError):
            read_parameters(rest, known)


def test_an_unknown_parameter_is_named():
    """RFC 5321 §4.1.1.11: 555 is for these alone."""
    with pytest.raises(UnknownParameterError) as caught:
        read_parameters(" size=3 by=60;R", MAIL)

    assert caught.value.keyword == "BY"


@given(st.text().map(lambda text: f" {text}"), st.booleans())
def test_reading_parameters_returns_or_says_why_not(rest: str, smtputf8: bool):  # noqa: FBT001  # drawn
    """Nothing else, whatever a client sends."""
    for known in (MAIL, RCPT):
        try:
            read_parameters(rest, known, smtputf8=smtputf8)
        except BadParameterError as error:
            assert str(error)  # noqa: PT017  # it may also not raise
