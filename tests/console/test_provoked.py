"""/provoke in the demonstration: a cause is chosen, happens for real, and what came back is shown."""

import re
import threading
from collections.abc import Iterator
from typing import NoReturn

import httpx
import pytest
from fastapi import FastAPI
from playwright.sync_api import expect

from console import came_back
from website import served
from whybounce.console import provoked
from whybounce.console.provoked import demonstration_face
from whybounce.provoking.sending import NoDemonstrationError
from whybounce.web import Settings, create_app


def _provoked(visitor: httpx.Client, **given: str) -> str:
    answer = visitor.post("/provoke", data=given)
    assert answer.status_code == 303, answer.text
    at = str(answer.headers["location"])
    came_back(visitor, at)
    return at


@pytest.fixture
def held(running, monkeypatch):
    """Return a site on which nothing comes back until it may."""
    may = threading.Event()
    provoke = provoked.provoke

    def later(*given: object, **named: object) -> Iterator[object]:
        assert may.wait(60)
        yield from provoke(*given, **named)

    monkeypatch.setattr(provoked, "provoke", later)
    settings = Settings(faces=(demonstration_face(running.demonstration),))
    with served(create_app(settings)) as address:
        yield address, may
        may.set()


def test_what_another_server_refuses_comes_back_as_a_notice(visitor):
    """Its page in a frame in which nothing runs, its text, its part for machines."""
    at = _provoked(visitor, other="mailbox-full=5.2.2")
    shown = visitor.get(at).text
    notice = visitor.get(f"{at}/notice")

    assert "It came back as that" in shown
    assert "Final-Recipient" in shown
    assert f'<iframe class="notice" title="The notice" sandbox src="{at}/notice">' in shown
    assert "sandbox" in notice.headers["content-security-policy"]
    assert "<!doctype html" in notice.text[:200].lower()


def test_what_the_gateway_refuses_is_shown_with_the_conversation(visitor):
    """Each line with who said it; a password is not among them."""
    shown = visitor.get(_provoked(visitor, other="unable-to-relay")).text
    server = re.findall(r'<li class="server">.*?<pre>(.*?)</pre>', shown, re.DOTALL)

    assert "It came back as that" in shown
    assert server[0].startswith("220 mail.contoso.example")
    assert server[-2].startswith("550 5.7.")
    assert "RCPT" in shown.upper()


def test_a_login_is_not_shown(visitor):
    """Its words stand in the conversation without the password."""
    shown = visitor.get(_provoked(visitor, condition="mailbox-full")).text

    assert re.search(r"AUTH [A-Z0-9-]+ …", shown)


@pytest.mark.parametrize(
    ("condition", "shown"),
    [
        ("5.7.606", r'<option value="[^"]+" selected>5\.7\.606'),
        ("recipient-thread-limit", r'<option value="recipient-thread-limit[^"]*" selected>'),
        ("greylisted", r'name="other" value="greylisted"'),
        ("<b>", r'name="other" value="&lt;b&gt;"'),
        ("", r'<option value="[^"]+" selected>5\.1\.10'),
    ],
)
def test_a_link_chooses_what_goes_wrong(visitor, condition, shown):
    """By code or cause; what is not in the list stands in the box."""
    page = visitor.get("/provoke", params={"condition": condition}).text

    assert re.search(shown, page)
    assert page.count(" selected>") == 1


@pytest.mark.parametrize(
    ("given", "status", "said"),
    [
        ({"other": "no-such-thing"}, 404, "neither a cause nor a code"),
        ({"other": "<script>"}, 404, "&lt;script&gt;"),
        ({"condition": " "}, 404, "neither a cause nor a code"),
    ],
)
def test_what_cannot_be_made_to_happen_is_said(visitor, given, status, said):
    """In one sentence."""
    answer = visitor.post("/provoke", data=given)

    assert answer.status_code == status
    assert said in answer.text


def test_a_page_of_another_site_makes_nothing_happen(visitor):
    """A browser says whose page sent the form."""
    answer = visitor.post(
        "/provoke", data={"condition": "mailbox-full"}, headers={"Sec-Fetch-Site": "cross-site"}
    )

    assert answer.status_code == 403


def test_what_is_not_kept_any_more_is_not_found(visitor):
    """Nor what never was."""
    assert visitor.get("/provoke/nothing").status_code == 404
    assert visitor.get("/provoke/nothing/notice").status_code == 404


def test_one_is_answered_at_once_and_sees_how_far_it_is(held):
    """Whoever has no scripts is led to the result by the page itself."""
    address, may = held
    with httpx.Client(base_url=address, timeout=30) as visitor:
        at = visitor.post("/provoke", data={"condition": "mailbox-full"}).headers["location"]
        meanwhile = visitor.get(at)
        early = visitor.get(f"{at}/notice")
        may.set()
        after = came_back(visitor, at)

    assert meanwhile.status_code == 200
    assert "Nothing has come back yet" in meanwhile.text
    assert '<noscript><meta http-equiv="refresh" content="1"></noscript>' in meanwhile.text
    assert early.status_code == 404
    assert "It came back as that" in after
    assert "refresh" not in after


def test_one_client_has_a_few_under_way_and_no_more(held):
    """Others are not kept waiting by it."""
    address, _ = held
    with httpx.Client(base_url=address, timeout=30) as visitor:
        answers = [visitor.post("/provoke", data={"condition": "mailbox-full"}) for _ in range(5)]

    assert [each.status_code for each in answers] == [303] * 4 + [503]
    assert "Much is under way" in answers[-1].text
    assert answers[-1].headers["retry-after"] == "5"


def test_a_demonstration_that_is_gone_is_said_on_the_page(running, monkeypatch):
    """With a sentence, and not with a fault of ours."""

    def nobody(*_: object, **__: object) -> NoReturn:
        raise NoDemonstrationError("nothing answers at 127.0.0.1:2587")

    monkeypatch.setattr(provoked, "provoke", nobody)
    settings = Settings(faces=(demonstration_face(running.demonstration),))
    with (
        served(create_app(settings)) as address,
        httpx.Client(base_url=address, timeout=30) as visitor,
    ):
        at = visitor.post("/provoke", data={"condition": "mailbox-full"}).headers["location"]
        shown = came_back(visitor, at)

    assert "Nothing answers at 127.0.0.1:2587" in shown


def test_what_came_of_it_is_kept_for_an_hour(visitor, monkeypatch):
    """Then the page says what to do."""
    at = _provoked(visitor, other="unable-to-relay")
    monkeypatch.setattr(provoked, "_KEPT_FOR", 0.0)
    gone = visitor.get(at)

    assert gone.status_code == 404
    assert "Make it happen again" in gone.text


@pytest.mark.parametrize("has_scripts", [True, False])
def test_in_a_browser_the_result_comes_by_itself(browser, held, has_scripts):
    """With scripts the page stays, and the title of the result is what one hears next."""
    address, may = held
    context = browser.new_context(base_url=address, java_script_enabled=has_scripts)
    page = context.new_page()
    page.goto("/provoke?condition=mailbox-full")
    page.get_by_role("button", name="Make it happen").click()
    expect(page.get_by_role("heading", name="Under way")).to_be_visible(timeout=30_000)
    may.set()
    expect(page.get_by_text("It came back as that")).to_be_visible(timeout=30_000)
    if has_scripts:
        expect(page.locator("h1")).to_be_focused()
    context.close()


def test_it_is_in_the_demonstration_alone(running):
    """What ``whybounce web`` serves, and a gateway that is none, do not have it."""
    app = create_app()

    assert isinstance(app, FastAPI)
    assert not any(getattr(each, "path", "").startswith("/provoke") for each in app.routes)
    assert running.demonstration.gateway.host == "mail.contoso.example"
