"""The console as people see it: a real Chromium, no script needed, both themes, a phone."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from browser import accessibility_violations
from console import ADMIN, ANNA, PASSWORD, came_back, csrf_of

PAGES = ("/messages?q=5.1.10@provoke.example", "/queue", "/failures", "/failures?cause=mailbox-full", "/policies", "/tests", "/blocks", "/webhooks", "/tokens", "/delist", "/login", "/provoke")  # fmt: skip


def test_without_scripts_one_signs_in_finds_a_message_and_reads_its_life(browser, running):
    """What a subject says does not run, and nothing is asked of another host."""
    context = browser.new_context(base_url=running.address, java_script_enabled=False)
    page = context.new_page()
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    page.goto("/queue")
    page.get_by_label("Account").fill(ADMIN)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="What waits")).to_be_visible()
    page.get_by_role("link", name="Messages", exact=True).click()
    page.get_by_role("searchbox").fill("5.1.10@provoke.example")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="Minutes").first.click()
    expect(page.get_by_role("heading", name="What happened")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    context.close()

    assert hosts == {urlsplit(running.address).netloc}


@pytest.fixture(scope="module")
def made(client) -> dict[str, str]:
    """Return the pages that come about by asking for something."""
    given = {"csrf": csrf_of(client), "kind": "ip", "subject": "198.51.100.99"}
    client.post("/blocks", data={**given, "cause": "banned-ip"})
    asked = client.post("/delist", data={"ip": "198.51.100.99", "address": ANNA})
    provoked = client.post("/provoke", data={"other": "mailbox-full=5.2.2"})
    came_back(client, provoked.headers["location"])
    return {"a removal": asked.headers["location"], "provoked": provoked.headers["location"]}


@pytest.mark.parametrize("path", [*PAGES, "a removal", "provoked"])
def test_axe_finds_nothing_and_nothing_overflows(browser, running, client, made, path):
    """On a phone, in both themes."""
    path = made.get(path, path)
    context = browser.new_context(
        base_url=running.address, bypass_csp=True, viewport={"width": 320, "height": 640}
    )
    cookie = {"name": "whybounce", "value": client.cookies["whybounce"], "url": running.address}
    context.add_cookies([cookie])
    page = context.new_page()
    page.goto(path)
    sideways = page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
    found = accessibility_violations(page)
    page.emulate_media(color_scheme="dark")
    found += accessibility_violations(page, ["cat.color"])
    title = page.title()
    context.close()

    assert found == []
    assert not sideways
    assert title != "got you"
