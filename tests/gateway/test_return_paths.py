"""Rewritten return paths: there and back, and nobody else's is taken for ours."""

import asyncio
import smtplib
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from serving import Outside, bring, configured, outside
from whybounce.gateway.directory import read_directory
from whybounce.gateway.return_paths import ReturnPaths
from whybounce.gateway.service import running
from whybounce.provoking.mail_server import Received

OURS = ReturnPaths("srs.contoso.example", "a secret")
DIRECTORY = """
[[organisation]]
name = "Contoso"

[[organisation.domain]]
name = "contoso.example"

[[organisation.mailbox]]
address = "ada@contoso.example"
forward-to = ["ada@remote.example"]
keep-copy = false
"""
FORWARDING = '[forwarding]\ndomain = "srs.contoso.example"\nsecret = "a secret"\n'


def test_a_rewritten_return_path_leads_back():
    written = OURS.rewritten("Chris.B@remote.example")

    assert written.endswith("=remote.example=Chris.B@srs.contoso.example")
    assert OURS.original(written) == "Chris.B@remote.example"


def test_forwarded_twice_it_still_leads_to_the_first_forwarder():
    theirs = ReturnPaths("srs.fabrikam.example", "theirs").rewritten("chris@remote.example")

    assert OURS.original(OURS.rewritten(theirs)) == theirs


@pytest.mark.parametrize(
    "address",
    [
        "SRS0=abcd=JK=remote.example=chris@srs.contoso.example",
        "ben@srs.contoso.example",
        ReturnPaths("srs.contoso.example", "another").rewritten("chris@remote.example"),
        OURS.rewritten("chris@remote.example").replace("remote", "victim"),
        OURS.rewritten("chris@remote.example").replace("srs.contoso", "fabrikam"),
        "",
    ],
)
def test_what_we_did_not_write_leads_nowhere(address: str):
    assert OURS.original(address) is None


@pytest.mark.parametrize(
    "path", ["", "x" * 60 + "@remote.example", '"a b"@x.example', "jürgen@x.example"]
)
def test_what_cannot_be_rewritten_stays(path: str):
    assert OURS.rewritten(path) == path


@given(st.text(max_size=80))
def test_nothing_makes_it_fall_over(text: str):
    OURS.rewritten(text)
    OURS.original(f"SRS0={text}@srs.contoso.example")


async def test_a_forwarded_message_passes_spf_and_its_report_comes_back(tmp_path: Path):
    directory = tmp_path / "directory.toml"
    directory.write_text(DIRECTORY)
    async with outside() as world:
        config = configured(tmp_path, world, more=FORWARDING)
        async with running(config, read_directory(directory)) as gateway:
            await bring(gateway, "ada@contoso.example", sender="chris@remote.example")
            forwarded = await _received(world, 1)
            await bring(gateway, forwarded.mail_from, sender="")
            returned = await _received(world, 2)
            with pytest.raises(smtplib.SMTPRecipientsRefused):
                await bring(gateway, "SRS0=abcd=JK=x.example=a@srs.contoso.example", sender="")

    assert forwarded.recipients == ["ada@remote.example"]
    assert forwarded.mail_from.endswith("=remote.example=chris@srs.contoso.example")
    assert (returned.mail_from, returned.recipients) == ("", ["chris@remote.example"])


async def _received(world: Outside, count: int) -> Received:
    async with asyncio.timeout(60):
        while len(world.remote.received) < count:  # noqa: ASYNC110  # nothing tells of it
            await asyncio.sleep(0.01)
    return world.remote.received[-1]
