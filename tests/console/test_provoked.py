"""/provoke in the demonstration: a cause is chosen, happens for real, and what came back is shown."""

import re

import httpx
import pytest
from fastapi import FastAPI

from whybounce.web import create_app


def _provoked(visitor: httpx.Client, **given: str) -> str:
    answer = visitor.post("/provoke", data=given)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def test_what_another_server_refuses_comes_back_as_a_notice(visitor):
    """Its page in a frame in which nothing runs, its text, its part for machines."""
    at = _provoked(visitor, condition="mailbox-full")
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


def test_it_is_in_the_demonstration_alone(running):
    """What ``whybounce web`` serves, and a gateway that is none, do not have it."""
    app = create_app()

    assert isinstance(app, FastAPI)
    assert not any(getattr(each, "path", "").startswith("/provoke") for each in app.routes)
    assert running.demonstration.gateway.host == "mail.contoso.example"
