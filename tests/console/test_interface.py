"""What programs ask of a gateway: by a token, held to the description, with the events that acts leave."""

import re
import subprocess
import time
from pathlib import Path

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from console import ADMIN, ANNA, csrf_of, signed_in
from whybounce.console import interface
from whybounce.console.described import description

GUIDE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
PATHS = description().paths
OPERATIONS = [(method, path) for path, rows in PATHS.items() for method in rows]
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance,
    response_schema_conformance,
]  # fmt: skip


def _made(client: httpx.Client, scope: str, days: str = "1", name: str = "a test") -> str:
    """Make a token on the console's page; return it."""
    given = {"csrf": csrf_of(client), "name": name, "scope": scope, "days": days}
    answer = client.post("/tokens", data=given)
    found = re.search(r"whybounce_[\w-]{43}", answer.text)
    assert found, answer.text
    return found[0]


@pytest.fixture(scope="module")
def reads(client) -> str:
    """Return a token that reads."""
    return _made(client, "read", name="reads")


@pytest.fixture(scope="module")
def changes(client) -> str:
    """Return a token that changes."""
    return _made(client, "change", name="changes")


@pytest.fixture
def program(running, changes):
    """Return a client with a token that may do everything."""
    headers = {"Authorization": f"Bearer {changes}"}
    with httpx.Client(base_url=f"{running.address}/api/v1", headers=headers, timeout=30) as client:
        yield client


def _problem(answer: httpx.Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == answer.status_code
    return str(told["type"]).partition("#")[2]


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_nothing_is_told_and_nothing_done_without_a_token(visitor, method, path):
    """Each of them says how one is sent, RFC 6750 §3; a cookie is none."""
    path = path.replace("{id}", "1BQF4VBG00AB4")
    answer = visitor.request(method, path, json={} if method == "post" else None)

    assert answer.status_code in {400, 401}  # What is asked may be wrong besides.
    if answer.status_code == 401:
        assert _problem(answer) == "no-token"
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_session_of_the_console_is_no_token(client):
    """So no page of another site can have a browser ask in somebody's name."""
    answer = client.get("/api/v1/blocks")

    assert _problem(answer) == "no-token"


def test_what_is_no_token_is_told_so_with_what_to_do(running):
    """And after ten of them nothing is looked at for five minutes, not even the right one."""
    with httpx.Client(base_url=running.address, timeout=30) as guesser:
        guesser.headers.update({"X-Forwarded-For": "198.51.100.71", "X-Forwarded-Proto": "https"})
        guesses = [
            guesser.get("/api/v1/blocks", headers={"Authorization": f"Bearer whybounce_{n:043}"})
            for n in range(9)
        ]
        other = guesser.get("/api/v1/blocks", headers={"Authorization": "Basic YTpi"})
        late = guesser.get("/api/v1/blocks", headers={"Authorization": "Bearer whybounce_x"})

    assert {_problem(answer) for answer in (*guesses, other)} == {"wrong-token"}
    assert "whybounce tokens add" in other.json()["detail"]
    assert 'error="invalid_token"' in other.headers["www-authenticate"]
    assert _problem(late) == "many-tokens"
    assert late.headers["retry-after"] == "300"


def test_a_token_that_was_revoked_opens_nothing_and_says_when_that_was(running, client):
    """At once."""
    token = _made(client, "read", name="short-lived")
    headers = {"Authorization": f"Bearer {token}"}
    before = httpx.get(f"{running.address}/api/v1/blocks", headers=headers)
    shown = client.get("/tokens").text
    id_ = re.search(r'value="(\w+)"><button[^>]*Revoke the token short-lived', shown)
    client.post("/tokens", data={"csrf": csrf_of(client), "revoke": id_[1] if id_ else ""})
    after = httpx.get(f"{running.address}/api/v1/blocks", headers=headers)

    assert before.status_code == 200
    assert _problem(after) == "old-token"
    assert "The token short-lived was revoked on" in after.json()["detail"]


def test_a_token_that_reads_changes_nothing(running, reads):
    """Scope is asked before anything else is looked at."""
    with httpx.Client(base_url=f"{running.address}/api/v1") as reader:
        reader.headers["Authorization"] = f"Bearer {reads}"
        answers = [
            reader.post("/blocks", json={"kind": "ip", "subject": "203.0.113.77"}),
            reader.post("/queue", json={"act": "delete", "ids": ["1BQF4VBG00AB4"]}),
            reader.delete("/blocks/1BQF4VBG00AB4"),
        ]
        listed = reader.get("/blocks").json()["blocks"]

    assert [_problem(answer) for answer in answers] == ["read-token"] * 3
    assert "203.0.113.77" not in [each["subject"] for each in listed]


def test_a_token_is_not_taken_where_it_could_be_read(running, reads):
    """Plain HTTP is for this machine alone."""
    headers = {"Authorization": f"Bearer {reads}", "X-Forwarded-For": "198.51.100.6"}
    plain = httpx.get(f"{running.address}/api/v1/blocks", headers=headers)
    behind = httpx.get(
        f"{running.address}/api/v1/blocks", headers={**headers, "X-Forwarded-Proto": "https"}
    )

    assert _problem(plain) == "open-token"
    assert behind.status_code == 200


def test_the_list_of_tokens_holds_none(client, reads):
    """It is shown when it is made and never again; the database has its hash alone."""
    assert reads not in client.get("/tokens").text


def test_a_message_is_traced_by_what_is_known_of_it(program):
    """By an address, within a time, by how it ended; each with everything that happened."""
    wanted = {"search": "5.1.10@provoke.example"}
    found = program.get("/messages", params=wanted).json()
    failed = program.get("/messages", params={**wanted, "status": "failed"}).json()
    held = program.get("/messages", params={**wanted, "status": "held"}).json()
    early = program.get("/messages", params={**wanted, "until": "2001-01-01T00:00:00Z"}).json()
    first = found["messages"][0]
    alone = program.get(f"/messages/{first['message']['id']}").json()

    assert found["count"] == failed["count"] > 0
    assert first["message"]["recipients"][0]["cause"] == "recipient-not-found"
    assert "accepted" in [each["kind"] for each in first["happenings"]]
    assert held["count"] == early["count"] == 0
    assert alone == first


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ("/messages", "parameter"),
        ("/messages?search=a&since=yesterday", "parameter"),
        ("/messages?search=a&since=2030-01-01T00:00:00Z", "parameter"),
        ("/messages?search=a&status=lost", "parameter"),
        ("/messages/nothing", "no-such-message"),
        ("/messages/..%2f..%2fetc%2fpasswd", "not-found"),
        ("/queue?after=%00", "parameter"),
        ("/queue?state=done", None),
    ],
)
def test_what_cannot_be_asked_is_told_so(program, asked, problem):
    """In one sentence, and nothing falls over."""
    answer = program.get(asked)

    assert (answer.status_code == 200) if problem is None else (_problem(answer) == problem)


def test_a_message_is_held_and_released_and_the_trace_says_by_which_token(running, program):
    """What waits is listed by its sender and its recipients' domain."""
    running.send("greylisted@provoke.example", "Waits")
    deadline = time.monotonic() + 30
    while True:  # It is being tried at some moments.
        listed = program.get("/queue", params={"sender": ANNA}).json()["messages"]
        ids = [each["id"] for each in listed if each["subject"] == "Waits"]
        held = program.post("/queue", json={"act": "hold", "ids": ids[:1], "why": "asked"})
        if ids and held.json()["changes"][0]["changed"]:
            break
        assert time.monotonic() < deadline, held.text
        time.sleep(0.1)
    there = program.get("/queue", params={"state": "held"}).json()["messages"]
    released = program.post("/queue", json={"act": "release", "ids": ids[:1]}).json()
    life = program.get(f"/messages/{ids[0]}").json()["happenings"]

    assert ids[0] in [each["id"] for each in there]
    assert released["changes"] == [
        {"id": ids[0], "changed": 1, "being_tried": 0, "report": None, "fault": None}
    ]
    assert any(
        each["kind"] == "held" and each["who"].startswith("changes (token ") for each in life
    )


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"\xff\xfe\x00", 400),
        (b'{"act": "burn", "ids": ["a"]}', 400),
        (b'{"act": "hold", "ids": []}', 400),
        (b'{"act": "hold", "ids": ["a"], "all": true}', 400),
        (b'{"act": "hold", "ids": ["nothing"]}', 409),
        (b"[" * 100_000, 400),
    ],
)
def test_an_order_that_is_none_changes_nothing(program, body, status):
    """Whatever came."""
    answer = program.post("/queue", content=body)

    assert answer.status_code == status
    assert _problem(answer) == ("no-json" if status == 400 else "not-done")


def test_a_block_is_added_prolonged_and_lifted_with_its_events(program):
    """As the command does it; a trace of the address tells who did."""
    given = {"kind": "sender", "subject": "spam@evil.example", "reason": "9 of 10", "seconds": 60}
    added = program.post("/blocks", json=given)
    again = program.post("/blocks", json={**given, "seconds": 3_600}).json()
    listed = program.get("/blocks", params={"kind": "sender"}).json()
    lifted = program.delete(f"/blocks/{again['id']}", params={"why": "they cleaned up"})
    gone = program.delete(f"/blocks/{again['id']}")
    events = program.get("/messages", params={"search": "spam@evil.example"}).json()

    assert added.status_code == 201
    assert added.json()["id"] == again["id"]
    assert added.json()["until"] < again["until"]
    assert again["id"] in [each["id"] for each in listed["blocks"]]
    assert lifted.json()["lifted_by"].startswith("changes (token ")
    assert _problem(gone) == "no-such-block"
    told = events["messages"][-1]["happenings"]
    assert [each["kind"] for each in told] == ["blocked", "blocked", "unblocked"]
    assert all(each["who"].startswith("changes (token ") for each in told)


def test_whom_nobody_can_block_is_said(program):
    """And nothing was changed."""
    answer = program.post("/blocks", json={"kind": "ip", "subject": "everybody"})

    assert _problem(answer) == "not-done"
    assert "is no IP address; write one" in answer.json()["detail"]


def test_other_sites_pages_may_not_read_what_a_token_opens(program):
    """The look-ups are open to them; this is not."""
    origin = {"Origin": "https://evil.example"}

    assert "access-control-allow-origin" not in program.get("/blocks", headers=origin).headers
    assert program.get("/causes", headers=origin).headers["access-control-allow-origin"] == "*"


def test_the_description_names_the_routes_there_are(running, program):
    """Those of the gateway beside those of the look-ups, and on the page for people too."""
    described = {(method.upper(), path) for method, path in OPERATIONS}
    there = {(m, route.path) for route in interface.router.routes for m in route.methods}
    served = program.get("/openapi.json").json()

    assert described == there
    assert set(PATHS) < set(served["paths"])
    assert served["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert "/api/v1/queue" in httpx.get(f"{running.address}/api/docs").text


@pytest.fixture(scope="module")
def described(running):
    """Return the description as a client gets it."""
    return schemathesis.openapi.from_url(f"{running.address}/api/v1/openapi.json")


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_whatever_is_asked_the_answer_is_one_that_is_described(
    described, changes, method, path, mode
):
    """With a token that opens everything: nothing falls over, and answers have their shapes."""
    operation = described[path][method]

    @settings(
        max_examples=10, derandomize=True, deadline=None, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def asked(case: schemathesis.Case) -> None:
        headers = {"Authorization": f"Bearer {changes}"}
        case.call_and_validate(timeout=30, checks=CHECKS, headers=headers)

    asked()


COMMANDS = [each for each in re.findall(r"^\$ (curl .*)$", GUIDE, re.MULTILINE) if "TOKEN" in each]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_of_the_guide_run(running, program, changes, command):
    """As they stand, with the real curl, about a message and a block that are there."""
    message = program.get("/messages", params={"search": ANNA}).json()["messages"][0]["message"]
    given = {"kind": "ip", "subject": "192.0.2.200"}
    block = program.post("/blocks", json=given).json()
    here = command.replace("localhost:8025", running.address.removeprefix("http://"))
    here = here.replace("1BQF4VBG00AB4", message["id"]).replace("1BQF4VBG00CD8", block["id"])
    done = subprocess.run(  # noqa: S602  # our own document's line
        f"{here} --fail -s", shell=True, capture_output=True, check=False, timeout=60,
        env={"TOKEN": changes, "PATH": "/usr/bin:/bin"},
    )  # fmt: skip

    assert done.returncode == 0, (here, done.stderr)
    assert done.stdout.startswith(b"{")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": " "}, "needs a name"),
        ({"scope": "everything"}, "is no scope"),
        ({"days": "0"}, "a number from 1 to 366"),
        ({"days": "9999999999999999999"}, "a number from 1 to 366"),
    ],
)
def test_a_token_that_cannot_be_made_is_told_why(client, given, said):
    """In one sentence."""
    usual = {"csrf": csrf_of(client), "name": "a", "scope": "read", "days": "1"}
    answer = client.post("/tokens", data={**usual, **given})

    assert answer.status_code == 409
    assert said in answer.text


def test_a_page_of_another_site_makes_no_token(running):
    """Nor does a form without the session's own token."""
    with signed_in(running.address) as client:
        answer = client.post("/tokens", data={"name": "stolen", "scope": "change", "days": "1"})

        assert answer.status_code == 403
        assert "stolen" not in client.get("/tokens").text


def test_making_a_token_is_written_down(running, client):
    """Whoever looks finds who made which."""
    _made(client, "change", name="<b>written down</b>")
    store = running.demonstration.gateway.store
    shown = client.get("/tokens").text

    assert "&lt;b&gt;written down" in shown
    assert store is not None
    assert f"made by {ADMIN} (console)" in shown
