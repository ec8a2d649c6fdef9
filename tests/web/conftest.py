"""One site, one client and one browser for all tests of pages."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser

from browser import chromium
from website import name_server, served
from whybounce.web import Means, Settings, create_app
from zones import zone

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


PUBLISHED = {
    ("contoso.example", "MX"): "10 mx1.contoso.example.",
    ("mx1.contoso.example", "A"): "198.18.0.25",
    ("mx1.contoso.example", "AAAA"): "2001:db8::25",
    ("contoso.example", "TXT"): "v=spf1 mx -all",
    ("_dmarc.contoso.example", "TXT"): "v=DMARC1; p=reject",
    ("null.example", "MX"): "0 .",
    ("evil.example", "MX"): "10 mx1.contoso.example.",
    ("evil.example", "TXT"): "v=spf1 <script>alert(1)</script> -all",
}


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """Return the address of a running site that asks a DNS of ours."""
    with (
        name_server(zone(PUBLISHED)) as resolver,
        served(create_app(Settings(means=lambda: Means(resolver)))) as address,
    ):
        yield address


@pytest.fixture(scope="session")
def client(site: str) -> Iterator[httpx.Client]:
    """Return a client that follows nothing and runs no script."""
    with httpx.Client(base_url=site, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return a real Chromium; while it runs, its own event loop is this thread's."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def pasted() -> str:
    """Return the bounce that the newcomer pastes."""
    return (EXAMPLES / "undeliverable.txt").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def eml() -> bytes:
    """Return it as a mail."""
    return (EXAMPLES / "undeliverable.eml").read_bytes()
