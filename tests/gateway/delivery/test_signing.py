"""DKIM signatures: dkimpy and our own check find them good, and nobody else's mail gets one."""

import asyncio
import time
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, strategies as st

from serving import configured, outside, running_demonstration, submit
from signing import MAIL, pair
from whybounce.gateway.config import ConfigError, read_config
from whybounce.gateway.delivery.signing import Signer, SigningKey, UnusableKeyError, read_key
from whybounce.provoking.mail_server import Behaviour

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HEADER, _, BODY = MAIL.partition(b"\r\n\r\n")


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    """Return an RSA key of contoso.example."""
    path = tmp_path_factory.mktemp("key") / "contoso.pem"
    path.write_bytes(pair().private)
    return read_key("contoso.example", "s1", path)


async def _pieces(octets: bytes, size: int = 1000) -> AsyncGenerator[bytes, None]:
    for start in range(0, len(octets), size):
        yield octets[start : start + size]


async def _field(key: SigningKey, mail: bytes, size: int = 1000) -> bytes:
    return await Signer({key.domain: key}, lambda: NOW).field(_pieces(mail, size))


def _is_good(signed: bytes) -> bool:
    return dkim.verify(signed, dnsfunc=lambda _, timeout=5: pair().record.encode())  # noqa: ARG005  # dkimpy's shape


@pytest.mark.parametrize(
    "mail",
    [
        MAIL,
        HEADER + b"\r\n\r\n",
        HEADER + b"\r\n\r\n\r\n\r\n",
        HEADER + b"\r\nSubject: twice\r\n  and   folded \t\r\n\r\n" + BODY,
        HEADER + b"\r\nX-Other: not signed\r\n\r\n" + b"long line " * 20_000 + b"\r\n",
        HEADER.replace(b"anna@", b"anna@mail.") + b"\r\n\r\n" + BODY,
    ],
    ids=["plain", "no body", "empty lines", "folded", "long", "below the domain"],
)
@pytest.mark.parametrize("size", [1, 7, 100_000])
async def test_what_is_signed_verifies_however_it_comes(key, mail: bytes, size: int):
    signed = await _field(key, mail, size) + mail

    assert _is_good(signed)
    assert not _is_good(signed.replace(b"To: ben@", b"To: eve@"))
    assert not _is_good(signed.replace(b"Subject: ", b"Subject: not ", 1))
    assert not _is_good(b"From: eve@x.example\r\n" + signed)


@pytest.mark.parametrize(
    ("written", "is_signed"),
    [
        (b"eve@x.example, Anna <anna@contoso.example>", True),
        (b'"contoso, anna@contoso.example" <eve@x.example>', False),
        (b"(anna@contoso.example) eve@x.example", False),
        (b"Undisclosed:;", False),
    ],
)
async def test_who_the_authors_are_is_read_as_policies_read_it(key, written, is_signed):
    """A signature says that the domain answers for it: never for a name that only looks like one."""
    mail = MAIL.replace(b"From: Anna <anna@contoso.example>", b"From: " + written)

    assert bool(await _field(key, mail)) is is_signed


@given(body=st.binary(max_size=300), size=st.integers(1, 40))
def test_any_body_verifies(key, body: bytes, size: int):
    mail = HEADER + b"\r\n\r\n" + body.replace(b"\r", b"").replace(b"\n", b"\r\n") + b"\r\n"

    assert _is_good(asyncio.run(_field(key, mail, size)) + mail)


async def test_an_ed25519_key_signs_too():
    key = SigningKey("contoso.example", "s1", Ed25519PrivateKey.generate())

    assert b"a=ed25519-sha256" in await _field(key, MAIL)


async def test_another_domains_mail_is_not_signed(key):
    assert await _field(key, MAIL.replace(b"contoso.example", b"fabrikam.example")) == b""


async def test_a_header_without_end_is_not_signed(key):
    """Whoever is logged in can write millions of fields, and mail of others waits meanwhile."""
    assert await _field(key, b"To: x\r\n" * 160_000 + MAIL, 100_000) == b""
    assert await _field(key, HEADER + b"\r\nX: " + b"x" * 1_050_000 + b"\r\n\r\n", 2_000_000) == b""


async def test_a_line_that_is_no_field_takes_no_time(key):
    """It has no colon, and was searched for one from each of its letters on."""
    begun = time.process_time()
    mail = b"X" * 500_000 + b"\r\nnone either, Subject: x\r\n" + MAIL

    assert _is_good(await _field(key, mail, 100_000) + MAIL)
    assert time.process_time() - begun < 3


async def test_lines_stay_short(key):
    assert max(map(len, (await _field(key, MAIL)).split(b"\r\n"))) < 100


def test_a_file_without_a_key_is_refused(tmp_path: Path):
    file = tmp_path / "key.pem"
    file.write_bytes(b"no key")

    with pytest.raises(UnusableKeyError, match="no private key"):
        read_key("contoso.example", "s1", file)


def test_the_configuration_names_a_key_that_cannot_sign(tmp_path: Path):
    (tmp_path / "key.pem").write_text("nothing")
    file = tmp_path / "whybounce.toml"
    file.write_text(
        '[[signing]]\ndomain = "contoso.example"\nselector = "s1"\nkey = "key.pem"\n' * 2
    )

    with pytest.raises(ConfigError) as told:
        read_config(file, {})

    assert 'signing "contoso.example", key' in str(told.value)
    assert "stands twice" in str(told.value)


@pytest.mark.parametrize("extensions", [None, ("PIPELINING",)], ids=["as it is", "converted"])
async def test_what_our_people_send_to_outside_is_signed(tmp_path: Path, extensions):
    (tmp_path / "contoso.pem").write_bytes(pair().private)
    signing = '[[signing]]\ndomain = "contoso.example"\nselector = "s1"\nkey = "contoso.pem"\n'
    behaviour = Behaviour() if extensions is None else Behaviour(extensions=extensions)
    mail = MAIL.decode().replace("Minutes", "Minutes\r\nMIME-Version: 1.0").replace("See", "Fünf")
    async with outside(behaviour) as world:
        config = configured(tmp_path, world, more=signing)
        async with running_demonstration(config) as gateway:
            options = ("BODY=8BITMIME",)
            await submit(gateway, "somebody@remote.example", mail=mail.encode(), options=options)
            async with asyncio.timeout(60):
                while not world.remote.received:  # noqa: ASYNC110  # nothing tells of it
                    await asyncio.sleep(0.01)
    (message,) = (each.data for each in world.remote.received)

    assert message.startswith(b"DKIM-Signature: v=1;")
    assert _is_good(message)
