"""What is asked most is answered without the framework's routes, and looks no different for it."""

import logging

import pytest

from whybounce.web import work
from whybounce.web.interface import STRAIGHT
from whybounce.web.problems import ProblemError

PATHS = [route.path for route in STRAIGHT]


@pytest.mark.parametrize("path", PATHS)
def test_another_method_is_refused_and_told_which_there_is(client, path):
    """By the router, where the routes stand too."""
    answer = client.put(path, content="5.7.1")

    assert answer.status_code == 405
    assert "POST" in answer.headers["allow"]


@pytest.mark.parametrize("path", PATHS)
def test_the_answer_has_the_header_that_all_answers_have(client, path):
    """The policy, and that other sites' pages may read it."""
    answer = client.post(path, content="550 5.1.1 User unknown")

    assert answer.status_code == 200
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["vary"] == "Accept"


def test_what_falls_over_on_the_straight_way_is_our_fault_too(client, monkeypatch, caplog):
    """With the number that the log has, and no word of what was sent in either."""

    def falls_over(_kind: str, body: bytes, _language: str, **_: object) -> bytes:
        raise ZeroDivisionError(body)

    monkeypatch.setattr(work, "explain", falls_over)
    with caplog.at_level(logging.ERROR):
        answer = client.post("/api/v1/explain", content="secret words")

    number = answer.json()["detail"].partition("fault is ")[2][:12]
    assert answer.status_code == 500
    assert number
    assert number in caplog.text
    assert "secret" not in caplog.text + answer.text


def test_a_refusal_on_the_straight_way_is_a_problem(client, monkeypatch):
    """As it is everywhere else."""

    def refuses(*_: object, **__: object) -> bytes:
        raise ProblemError("nothing-given")

    monkeypatch.setattr(work, "read", refuses)
    answer = client.post("/api/v1/read", content="x")

    assert answer.status_code == ProblemError("nothing-given").status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "/api/docs#nothing-given"
