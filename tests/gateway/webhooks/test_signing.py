"""Signatures are those of Standard Webhooks, and weak secrets are none."""

import pytest

from whybounce.gateway.webhooks.signing import key_of, signed


def test_a_signature_is_that_of_the_standard():
    """The example that every library for it is held to."""
    key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    header = signed(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')

    assert header == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_it_covers_the_time_and_every_octet():
    """So that no call can be changed or sent again later."""
    marks = {
        signed(b"k" * 32, id_, at, body)["webhook-signature"]
        for id_ in ("a", "b")
        for at in (1, 2)
        for body in (b"{}", b"{} ")
    }

    assert len(marks) == 8


@pytest.mark.parametrize("secret", ["", "short", "whsec_", "whsec_c2hvcnQ=", "whsec_no base64!"])
def test_what_could_be_guessed_is_no_secret(secret):
    """Twenty-four octets at least."""
    with pytest.raises(ValueError):  # noqa: PT011  # whichever: base64's own, or that it is short
        key_of(secret)
