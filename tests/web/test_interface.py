"""The interface for programs: the objects of --json, problems, and what may be kept."""

import json
import subprocess

import httpx
import pytest
from jsonschema import Draft202012Validator

import whybounce
from website import large_bounce
from whybounce.catalogue import catalogue
from whybounce.wire import explanation_as_dict
from whybounce.wire.schema import schemas
from whybounce.wording import Speaker

REPLY = "550 5.7.1 Unable to relay"
DEEP = b"[" * 5_000 + b"]" * 5_000


def problem(answer: httpx.Response) -> dict[str, object]:
    """Return the problem that an answer is, RFC 9457."""
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == answer.status_code
    assert told["type"].startswith("/api/docs#")
    return told


def test_curl_works_as_one_types_it(site):
    """A body that curl calls a form, and is none."""
    done = subprocess.run(  # noqa: S603  # the real curl
        ["curl", "-s", "-d", "550 5.7.26 This mail is unauthenticated", f"{site}/api/v1/explain"],  # noqa: S607  # as a user finds it
        capture_output=True,
        check=True,
    )

    assert json.loads(done.stdout)["status"] == "5.7.26"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/plain", REPLY.encode()),
        ("application/x-www-form-urlencoded", REPLY.encode()),
        ("application/x-www-form-urlencoded", b"text=550+5.7.1+Unable+to+relay"),
        ("application/json", json.dumps({"text": REPLY}).encode()),
        ("application/octet-stream", REPLY.encode()),
    ],
)
def test_a_text_is_explained_however_it_is_wrapped(client, kind, body):
    """The very object that the command line prints."""
    answer = client.post("/api/v1/explain", content=body, headers={"Content-Type": kind})
    expected = explanation_as_dict(
        whybounce.explain(REPLY), catalogue(), Speaker(catalogue()), REPLY
    )

    assert answer.json() == json.loads(json.dumps(expected))


def test_a_text_in_the_address_is_explained_too(client):
    """For codes and short replies."""
    answer = client.get("/api/v1/explain", params={"text": "5.7.1"})

    assert answer.json()["confidence"] == "ambiguous"


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("*/*", "application/json"),
        ("text/plain", "text/plain; charset=utf-8"),
        ("text/plain;q=0.5, application/json", "application/json"),
        ("application/json;q=0.1, text/*", "text/plain; charset=utf-8"),
        ("image/png", "application/json"),
        (";;;,q=x", "application/json"),
    ],
)
def test_the_client_says_what_it_wants(client, accept, kind):
    """RFC 9110 §12.5.1."""
    answer = client.post("/api/v1/explain", content=REPLY, headers={"Accept": accept})

    assert answer.headers["content-type"] == kind
    assert answer.headers["vary"] == "Accept"
    if kind.startswith("text"):
        assert answer.text.startswith("550 5.7.1: ")
        assert "Who must act\n  " in answer.text


def test_of_a_bounce_the_first_failure_is_explained(client, eml):
    """Read tells of all."""
    explained = client.post("/api/v1/explain", content=eml).json()
    told = client.post("/api/v1/read", content=eml).json()

    assert explained["cause"] == told["outcomes"][0]["cause"] == "client-not-authenticated"


def test_a_bounce_is_read_as_itself_and_as_a_form(client, eml):
    """And each answer keeps to its schema."""
    plain = client.post("/api/v1/read", content=eml, headers={"Content-Type": "message/rfc822"})
    form = client.post("/api/v1/read", files={"file": ("bounce.eml", eml)})
    for answer in (plain, form):
        Draft202012Validator(schemas()["read"]).validate(answer.json())

    assert plain.json()["source"] is None
    assert form.json()["source"] == "bounce.eml"
    assert plain.json()["outcomes"] == form.json()["outcomes"]


def test_a_bounce_is_told_as_text(client, eml):
    """For terminals."""
    answer = client.post("/api/v1/read", content=eml, headers={"Accept": "text/plain"})

    assert answer.text.startswith("ronald@contoso.com\n530 5.7.1: ")
    assert "What else the report shows" in answer.text
    assert all(
        len(line) <= 78 or "$ " in line or "PS> " in line for line in answer.text.splitlines()
    )


def test_the_catalogue_is_listed_searched_and_given(client):
    """As `causes --json` prints it."""
    everything = client.get("/api/v1/causes").json()
    found = client.get("/api/v1/causes", params={"search": "5.7.1"}).json()
    theirs = client.get("/api/v1/causes", params={"owner": "recipient"}).json()
    one = client.get("/api/v1/causes/mailbox-full").json()

    assert everything["count"] == len(everything["causes"]) == len(catalogue().causes)
    assert found["count"] == 9
    assert {cause["owner"] for cause in theirs["causes"]} == {"recipient"}
    assert one in everything["causes"]


def test_sentences_come_in_the_language_that_is_asked_for(client):
    """And a language that there is not is refused."""
    german = client.post("/api/v1/explain", params={"lang": "de"}, content=b"5.7.1").json()
    refused = client.post("/api/v1/explain", params={"lang": "tlh"}, content=b"5.7.1")

    assert "allein" in german["verdict"]
    assert "tlh" in problem(refused)["detail"]


@pytest.mark.parametrize(
    ("path", "status", "detail"),
    [
        ("/api/v1/causes/mailbox-ful", 404, "Did you mean mailbox-full"),
        ("/api/v1/codes/5.71", 404, "Did you mean 5.7.1"),
        ("/api/v1/codes/9.9.9", 404, "9.9.9 does not read like a status code"),
        ("/api/v1/nothing", 404, "Nothing is at /api/v1/nothing."),
        ("/api/v1/explain", 400, "No text came"),
        ("/api/v1/causes?owner=king", 400, "owner: "),
        ("/api/v1/schemas/fly", 404, "Did you mean explain"),
    ],
)
def test_problems_say_what_is_wrong_and_what_to_do(client, path, status, detail):
    """RFC 9457, for every refusal."""
    answer = client.get(path)

    assert answer.status_code == status
    assert detail in problem(answer)["detail"]


@pytest.mark.parametrize("verb", ["explain", "read"])
@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"", "truncated"),
        (b'{"text": 5}', "`$.text`"),
        (b'{"text": "\\ud800."}', "."),
        (b'{"text": "\xed\xa0\x80"}', "It is not in UTF-8."),
        (b'{"text": "5.1.1", "text": null}', "`$.text`"),
        (b'{"text": "5.1.1", "other": 1}', "unknown field `other`"),
        (b'{"text": ' + b"[" * 10_000, "`$.text`"),
    ],
    ids=["empty", "another type", "half a surrogate", "no UTF-8", "twice", "unknown", "deep"],
)  # fmt: skip
def test_json_that_cannot_be_used_is_the_sender_s_mistake_and_is_told_in_a_sentence(
    client, verb, body, detail
):
    """Whatever stands in it: never a fault of ours."""
    answer = client.post(
        f"/api/v1/{verb}", content=body, headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == 400
    assert detail in problem(answer)["detail"]


def test_a_problem_can_be_had_as_text(client):
    """By those who ask for text."""
    answer = client.get("/api/v1/codes/xyz", headers={"Accept": "text/plain"})

    assert answer.status_code == 404
    assert answer.text.startswith("That is no status code. xyz does not read like")


def test_a_method_that_is_not_there_names_those_that_are(client):
    """RFC 9110 §15.5.6."""
    answer = client.delete("/api/v1/causes")

    assert problem(answer)["title"] == "That cannot be done here"
    assert answer.headers["allow"] == "GET"


@pytest.mark.parametrize("path", ["/api/v1/causes/mailbox-full", "/api/v1/codes/5.7.1"])
def test_what_the_client_has_is_not_sent_again(client, path):
    """ETag, and how long it may be kept."""
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": f'W/"x", {first.headers["etag"]}'})

    assert first.headers["cache-control"] == "public, max-age=3600"
    assert (again.status_code, again.content) == (304, b"")


def test_pages_of_other_sites_may_ask(client):
    """Nothing here changes anything; pages and forms are not open."""
    asked = client.options(
        "/api/v1/explain",
        headers={"Origin": "https://other.example", "Access-Control-Request-Method": "POST"},
    )
    answer = client.post("/api/v1/explain", content=REPLY)
    page = client.get("/")

    assert asked.status_code == 204
    assert "POST" in asked.headers["access-control-allow-methods"]
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
    assert "access-control-allow-origin" not in page.headers


def test_a_notice_is_written_and_can_be_read(client, eml):
    """From recipients and a reply, and from a row of read; as a mail and as a page."""
    asked = {"recipient": "anna@example.org", "reply": "550 5.1.1 User unknown", "language": "fr"}
    mail = client.post("/api/v1/write", json=asked)
    page = client.post("/api/v1/write", json=asked, headers={"Accept": "text/html"})
    row = client.post("/api/v1/read", content=eml).json()
    again = client.post("/api/v1/write", json={"row": row})

    assert mail.headers["content-type"] == "message/rfc822"
    assert whybounce.read(mail.content).outcomes[0].recipient == "anna@example.org"
    assert '<html lang="fr"' in page.text
    assert "sandbox" in page.headers["content-security-policy"]
    assert whybounce.read(again.content).outcomes[0].recipient == "ronald@contoso.com"


@pytest.mark.parametrize(
    ("asked", "detail"),
    [
        (b"{", "Input data was truncated"),
        (b'{"colour": 1}', "unknown field `colour`"),
        (b'{"recipient": "anna@example.org\\r\\nBcc: eve@example.net", "reply": "550 x"}', "no address"),
        (b'{"recipient": "anna@example.org", "reply": "sorry"}', "needs its numbers"),
        (b'{"row": {"outcomes": 1}}', "row of read --json"),
        (b"\xff\xfe", "."),
        (b'{"reply": "\xff"}', "It is not in UTF-8."),
        (b'{"row": {"outcomes": ' + DEEP + b"}}", "stand in one another too deeply"),
    ],
)  # fmt: skip
def test_a_notice_that_cannot_be_written_is_a_problem(client, asked, detail):
    """With what is wrong."""
    answer = client.post("/api/v1/write", content=asked)

    assert answer.status_code == 400
    assert detail in problem(answer)["detail"]


def test_what_a_stranger_wrote_ends_no_header_of_a_notice(client):
    """Neither an organisation nor a contact does."""
    asked = {
        "recipient": "anna@example.org",
        "reply": "550 5.1.1 x",
        "organisation": "Alpine\r\nBcc: eve@example.net",
        "contact": "help\r\nX-Evil: 1",
    }
    mail = client.post("/api/v1/write", json=asked).content
    header = mail.partition(b"\r\n\r\n")[0].lower()

    assert b"\r\nbcc:" not in header
    assert b"\r\nx-evil:" not in mail.lower()


def test_a_large_bounce_is_read(client):
    """Ten megabytes; in another process, so that others are answered meanwhile."""
    answer = client.post("/api/v1/read", content=large_bounce(10))

    assert answer.json()["outcomes"][0]["recipient"] == "anna@example.org"


def test_binary_is_refused(client):
    """A picture is no bounce."""
    answer = client.post("/api/v1/read", content=b"\x89PNG\r\n\x1a\n\x00\x00")

    assert problem(answer)["title"] == "That is not a text and not a mail"
