"""Passwords are hashed as RFC 9106 says, and checked beside the event loop."""

import asyncio

import pytest

from whybounce.gateway.directory.passwords import (
    _LONGEST,
    Passwords,
    hash_of,
    hash_of_public,
    is_hash,
)


def test_a_hash_has_a_salt_of_its_own():
    """Two people with one password do not share a hash."""
    assert hash_of("swordfish") != hash_of("swordfish")
    assert hash_of("swordfish").startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize(
    "text",
    [
        "swordfish",
        "",
        "$argon2id$",
        "$2b$12$abcdefghijklmnopqrstuv",
        "$argon2i$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$aGFzaGhhc2g",
        "$argon2id$v=19$m=999999999,t=3,p=4$c29tZXNhbHQ$aGFzaGhhc2g",
    ],
)
def test_what_is_no_hash_is_none(text):
    """Nor is one of a weaker kind, or one that would need all the memory."""
    assert not is_hash(text)
    assert is_hash(hash_of_public("x"))


async def test_checking_passwords_leaves_the_loop_free():
    """Other connections go on while eight are checked, two at a time."""
    passwords = Passwords()
    hashed = hash_of("swordfish")
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.001)
            ticks += 1

    ticking = asyncio.create_task(tick())
    checked = await asyncio.gather(*(passwords.verify(hashed, "swordfish") for _ in range(8)))
    ticking.cancel()
    passwords.close()

    assert all(checked)
    assert ticks > 2 * len(checked)  # In its own thread, the loop would run once a password.


async def test_what_is_longer_than_a_password_is_none():
    """Hashing costs the more the longer it is; what was cut must not pass for it."""
    passwords = Passwords()
    most, more = "x" * _LONGEST, "x" * (_LONGEST + 1)
    checked = [
        await passwords.verify(hash_of_public(each), given)
        for each, given in ((most, most), (more, more), (most, more))
    ]
    passwords.close()

    assert checked == [True, False, False]


async def test_without_a_hash_nothing_matches():
    """Not even the password that is hashed in its place."""
    passwords = Passwords()

    assert not await passwords.verify(None, "nobody's")
    assert not await passwords.verify("$argon2id$broken", "x")
    passwords.close()
