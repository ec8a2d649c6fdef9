"""The application as other parts of the product see it: their faces, and what falls over."""

import logging
import sys
from pathlib import Path

import httpx
import pytest
from fastapi import APIRouter, Request
from starlette.responses import Response

from website import served
from whybounce.web import Face, Link, Settings, create_app

router = APIRouter()


@router.get("/queue")
async def queue(request: Request) -> Response:
    """Show a page of another part's own template."""
    page = request.app.state.site.render("queue.html", at="/queue", count=3)
    return Response(page, media_type="text/html")


@router.post("/fall")
async def fall(request: Request) -> Response:
    """Fall over, with what was sent in the error's words."""
    raise ZeroDivisionError(await request.body())


@router.post("/api/v1/fall")
async def fall_for_programs(request: Request) -> Response:
    """Fall over where programs ask."""
    raise ZeroDivisionError(await request.body())


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory):
    """Return a client of a site that has another face."""
    folder: Path = tmp_path_factory.mktemp("package") / "otherface"
    (folder / "templates").mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "templates" / "queue.html").write_text(
        '{% extends "page.html" %}{% block main %}<h1>{{ count }} wait</h1>{% endblock %}'
    )
    sys.path.insert(0, str(folder.parent))
    face = Face(router, (Link("/queue", "Queue"),), "otherface")
    with (
        served(create_app(Settings(faces=(face,)))) as address,
        httpx.Client(base_url=address, timeout=60) as client,
    ):
        yield client
    sys.path.remove(str(folder.parent))


def test_another_face_has_its_pages_and_its_place_in_the_navigation(other):
    """On its own pages and on all others."""
    own, first = other.get("/queue"), other.get("/")

    assert "<h1>3 wait</h1>" in own.text
    assert '<a href="/queue" aria-current="page">Queue</a>' in own.text
    assert '<a href="/queue">Queue</a>' in first.text


def test_what_falls_over_is_our_fault_and_has_a_number(other, caplog):
    """A page and a log entry with the same number, and no word of what was sent in either."""
    with caplog.at_level(logging.ERROR):
        page = other.post("/fall", content="secret words")
        problem = other.post("/api/v1/fall", content="secret words")

    assert page.status_code == problem.status_code == 500
    assert "our fault, not yours" in page.text
    assert "ZeroDivisionError" not in page.text + problem.text
    assert problem.json()["type"] == "/api/docs#our-fault"
    number = problem.json()["detail"].partition("fault is ")[2][:12]
    assert number in caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert "secret" not in caplog.text + page.text + problem.text


def test_a_fault_of_the_pages_carries_the_same_policy(other):
    """Also where everything else went wrong."""
    assert "content-security-policy" in other.post("/fall").headers
