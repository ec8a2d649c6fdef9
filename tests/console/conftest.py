"""A demonstration for the tests of a module, with mail in it that failed and mail that waits.

It runs in a thread of the process that tests, so it ends with its module: what tests of other modules
put in the place of parts of the gateway is not for it.
"""

import time
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser

from browser import chromium
from console import Shown, shown, signed_in

SUBJECT = "<script>document.title='got you'</script> Minutes"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """Return what runs."""
    with shown(tmp_path_factory.mktemp("console")) as there:
        there.send("5.1.10@provoke.example", SUBJECT)
        there.send("mailbox-full@provoke.example", "=CMD()")
        deadline = time.monotonic() + 60
        with signed_in(there.address) as client:
            while "not reached" not in (page := client.get("/failures").text) or ">0 rec" in page:
                assert time.monotonic() < deadline, "nothing failed"
                time.sleep(0.1)
        yield there


@pytest.fixture(scope="module")
def client(running: Shown) -> Iterator[httpx.Client]:
    """Return an administrator's client."""
    with signed_in(running.address) as client:
        yield client


@pytest.fixture
def visitor(running: Shown) -> Iterator[httpx.Client]:
    """Return a client of nobody."""
    with httpx.Client(base_url=running.address, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return a real Chromium."""
    with chromium() as browser:
        yield browser
