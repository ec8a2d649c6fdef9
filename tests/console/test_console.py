"""The console as a program meets it: who is let in, what is shown, what changes, and what does not."""

import csv
import io
import re
import time
from email import message_from_bytes
from email.policy import default
from html import unescape
from pathlib import Path

import httpx
import pytest
from msgspec import structs

from console import ADMIN, ANNA, PASSWORD, Shown, csrf_of, signed_in
from whybounce.wire.calls import WebhookEntry

INSIDE = ("/messages", "/messages.csv?q=a", "/messages/0P9UTKFUKTECL", "/queue", "/failures", "/policies", "/tests", "/blocks", "/webhooks", "/tokens")  # fmt: skip


def _first_id(client: httpx.Client, query: str) -> str:
    found = re.search(r'href="/messages/(\w+)"', client.get("/messages", params={"q": query}).text)
    assert found
    return found[1]


@pytest.mark.parametrize("path", INSIDE)
def test_nobody_sees_anything_without_signing_in(visitor, path):
    """They are led to the sign-in, and from there back."""
    answer = visitor.get(path)

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login?next=/")


@pytest.mark.parametrize(
    ("account", "password"),
    [(ADMIN, "wrong"), (ANNA, PASSWORD), ("nobody@contoso.example", PASSWORD), ("", "")],
)
def test_who_is_no_administrator_is_told_nothing_more(visitor, account, password):
    """A wrong password, a good one of another account, no such account: the answer is the same."""
    answer = visitor.post("/login", data={"account": account, "password": password})

    assert answer.status_code == 200
    assert "not the name and password of an administrator" in answer.text
    assert "whybounce" not in visitor.cookies


def test_a_session_is_a_name_that_nobody_knew_before(running, visitor):
    """What a browser brings along is not taken over, scripts do not see it, other sites do not send it."""
    visitor.cookies.set("whybounce", "chosen-by-another")
    answer = visitor.post("/login", data={"account": ADMIN, "password": PASSWORD})
    cookie = answer.headers["set-cookie"]

    assert "chosen-by-another" not in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    with httpx.Client(
        base_url=running.address, cookies={"whybounce": "chosen-by-another"}
    ) as other:
        assert other.get("/queue").status_code == 303


def test_a_session_ends_by_signing_out(running):
    """What was its name opens nothing any more."""
    with signed_in(running.address) as client:
        name = client.cookies["whybounce"]
        client.post("/logout", data={"csrf": csrf_of(client)})
        client.cookies.set("whybounce", name)

        assert client.get("/queue").status_code == 303


@pytest.mark.parametrize(
    ("data", "headers"),
    [
        ({}, {}),
        ({"csrf": "guessed"}, {}),
        ({"csrf": "own"}, {"Origin": "https://evil.example"}),
        ({"csrf": "own"}, {"Origin": "https://[::1"}),
        ({"csrf": "own"}, {"Sec-Fetch-Site": "cross-site"}),
        ({"csrf": "own"}, {"Sec-Fetch-Site": "same-site"}),
    ],
)
def test_a_form_of_another_page_changes_nothing(client, data, headers):
    """Without the session's own token, or sent by another site's page."""
    given = {key: csrf_of(client) if value == "own" else value for key, value in data.items()}
    answer = client.post(
        "/blocks", data={**given, "kind": "ip", "subject": "203.0.113.9"}, headers=headers
    )

    assert answer.status_code == 403
    assert "203.0.113.9" not in client.get("/blocks").text


WRITTEN = {"kind": "ip", "subject": "203.0.113.10", "reason": 'called <b>"spam"</b>', "hours": "5"}


def test_what_was_written_when_the_session_had_ended_stands_in_its_form_again(running):
    """Nothing is done, no address has a word of it, and a wrong password does not lose it."""
    own = {"Origin": running.address}
    with httpx.Client(base_url=running.address, timeout=30) as visitor:
        asked = visitor.post("/blocks", data={**WRITTEN, "csrf": "old"}, headers=own)
        along = {
            name: unescape(value)
            for name, value in re.findall(
                r'type="hidden" name="([^"]+)" value="([^"]*)"', asked.text
            )
        }
        wrong = visitor.post("/login", data={**along, "account": ADMIN, "password": "no"})
        right = visitor.post("/login", data={**along, "account": ADMIN, "password": PASSWORD})
        shown = visitor.get("/blocks").text
        later = visitor.get("/blocks").text

    assert asked.status_code == 403
    assert "nothing was done" in asked.text
    assert "csrf" not in "".join(along)
    assert 'value="203.0.113.10"' in wrong.text
    assert right.headers["location"] == "/blocks"
    assert 'name="subject" value="203.0.113.10"' in shown
    assert "called &lt;b&gt;&#34;spam&#34;&lt;/b&gt;" in shown
    assert 'name="hours" value="5"' in shown
    assert '<strong dir="auto">203.0.113.10' not in shown
    assert "203.0.113.10" not in later


def test_a_form_from_before_the_sign_in_does_nothing_and_keeps_its_text(running):
    """Where the browser says that it stood on a page of this site."""
    with signed_in(running.address) as client:
        given = {**WRITTEN, "csrf": "of the session before"}
        answer = client.post("/blocks", data=given, headers={"Sec-Fetch-Site": "same-origin"})
        shown = client.get("/blocks").text
        blocks = client.get("/api/v1/blocks").status_code

    assert (answer.status_code, answer.headers["location"]) == (303, "/blocks")
    assert 'name="subject" value="203.0.113.10"' in shown
    assert "nothing was done yet" in shown
    assert '<strong dir="auto">203.0.113.10' not in shown
    assert blocks == 401


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "null"}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "none"}],
)
def test_what_another_site_writes_is_kept_for_nobody(running, client, headers):
    """Neither before the sign-in nor after it."""
    with httpx.Client(base_url=running.address, timeout=30) as visitor:
        before = visitor.post("/blocks", data={**WRITTEN, "csrf": "x"}, headers=headers)
    client.post("/blocks", data={**WRITTEN, "csrf": "x"}, headers=headers)

    assert before.status_code == 303
    assert before.headers["location"] == "/login?next=/blocks"
    assert "203.0.113.10" not in client.get("/blocks").text


@pytest.mark.parametrize(
    ("path", "given", "said"),
    [
        ("/blocks", {"kind": "ip", "subject": "nonsense", "reason": "kept words"}, "nonsense"),
        ("/blocks", {"kind": "ip", "subject": "203.0.113.1", "hours": "many"}, "a number from 1"),
        ("/tokens", {"name": "kept words", "scope": "read", "days": "9999"}, "a number from 1"),
        ("/tests", {"sender": "kept@words.example", "recipient": "x", "size": "big"}, "octets"),
    ],
)
def test_what_was_not_done_is_said_above_the_form_with_what_was_written(client, path, given, said):
    """So that it can be corrected at once."""
    answer = client.post(path, data={**given, "csrf": csrf_of(client)})

    assert answer.status_code == 409
    assert "That was not done" in answer.text
    assert said in answer.text
    for written in given.values():
        assert written in answer.text


def test_guessing_passwords_ends_soon(running):
    """After ten in five minutes even the right one is not looked at; others are let in."""
    headers = {"X-Forwarded-For": "198.51.100.77", "X-Forwarded-Proto": "https"}
    with httpx.Client(base_url=running.address, headers=headers, timeout=30) as guesser:
        answers = [
            guesser.post("/login", data={"account": f"a{n}@contoso.example", "password": "x"})
            for n in range(10)
        ]
        late = guesser.post("/login", data={"account": ADMIN, "password": PASSWORD})

    assert {answer.status_code for answer in answers} == {200}
    assert late.status_code == 429
    assert late.headers["retry-after"] == "300"
    with signed_in(running.address) as other:
        assert other.get("/queue").status_code == 200


def test_a_password_is_not_taken_where_it_could_be_read(running):
    """Plain HTTP is for this machine alone; behind HTTPS the cookie is for HTTPS alone."""
    given = {"account": ADMIN, "password": PASSWORD}
    with httpx.Client(base_url=running.address, timeout=30) as client:
        plain = client.post("/login", data=given, headers={"X-Forwarded-For": "198.51.100.5"})
        behind = client.post(
            "/login", data=given,
            headers={"X-Forwarded-For": "198.51.100.5", "X-Forwarded-Proto": "https"},
        )  # fmt: skip

    assert plain.status_code == 403
    assert "HTTPS" in plain.text
    assert "Secure" in behind.headers["set-cookie"]


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_the_sign_in_leads_nowhere_else(visitor, wanted):
    """Whatever the address says."""
    answer = visitor.post("/login", data={"account": ADMIN, "password": PASSWORD, "next": wanted})

    assert answer.headers["location"] == "/messages"


def test_a_message_is_found_and_its_life_told(client):
    """By an address; with the cause of its failure."""
    found = client.get("/messages", params={"q": "5.1.10@provoke.example"})
    life = client.get(f"/messages/{_first_id(client, '5.1.10@provoke.example')}")

    assert "does not exist" in found.text
    assert "What happened" in life.text
    assert "failed" in life.text


def test_what_strangers_wrote_is_text(client):
    """A subject with a script in it is shown, in lists, lives and questions."""
    id_ = _first_id(client, "5.1.10@provoke.example")
    for path in ("/messages?q=5.1.10@provoke.example", f"/messages/{id_}", "/failures?cause="):
        text = client.get(path).text

        assert "<script>document" not in text
    assert "&lt;script&gt;document" in client.get(f"/messages/{id_}").text


def test_a_search_is_a_table_too_and_none_of_its_cells_is_a_formula(client):
    """A row for each recipient."""
    answer = client.get("/messages.csv", params={"q": "mailbox-full@provoke.example"})
    rows = list(csv.DictReader(io.StringIO(answer.text)))

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert rows[0]["recipient"] == "mailbox-full@provoke.example"
    assert rows[0]["subject"] == "'=CMD()"


@pytest.mark.parametrize(("status", "is_found"), [("failed", True), ("held", False), ("", True)])
def test_a_search_is_narrowed_by_how_messages_stand(client, status, is_found):
    """In the page and in its table."""
    asked = {"q": "5.1.10@provoke.example", "status": status}

    assert ("does not exist" in client.get("/messages", params=asked).text) is is_found
    assert ("Minutes" in client.get("/messages.csv", params=asked).text) is is_found


def test_before_a_search_the_latest_messages_are_shown(client):
    """As many as a search shows, newest first."""
    text = client.get("/messages").text
    shown = re.findall(r'href="/messages/(\w{13})"', text)

    assert 1 < len(set(shown)) <= 50
    assert list(dict.fromkeys(shown)) == sorted(set(shown), reverse=True)
    assert "newest first" in text
    assert (
        "No message that is quarantined came in the last day"
        in client.get("/messages", params={"status": "quarantined", "days": 1}).text
    )


def test_a_domain_finds_all_its_messages(client):
    """Of others none."""
    found = client.get("/messages.csv", params={"q": "@PROVOKE.example"}).text
    addresses = {(row["sender"], row["recipient"]) for row in csv.DictReader(io.StringIO(found))}

    assert len(addresses) > 1
    assert all("@provoke.example" in "".join(pair) for pair in addresses)


def test_what_was_never_here_is_said_to_be_so(client):
    """With why that can be."""
    assert "Nothing of that name" in client.get("/messages?q=x@nowhere.example").text
    assert client.get("/messages/nothing").status_code == 404


def test_a_message_is_held_released_and_deleted(running, client):
    """What cannot be undone is asked about first."""
    running.send("4.4.1@provoke.example", "Waiting")
    csrf, deadline = csrf_of(client), time.monotonic() + 30
    mine = {"domain": "connection-timed-out.provoke.example", "state": "queued"}  # Others wait too.
    while True:  # The address stands for another at first, and is being tried at some moments.
        found = re.search(r'href="/messages/(\w{13})"', client.get("/queue", params=mine).text)
        id_ = found[1] if found else "nothing"
        held = client.post(f"/messages/{id_}", data={"csrf": csrf, "act": "hold", "why": "a try"})
        if held.status_code == 303:
            break
        assert time.monotonic() < deadline, held.text
        time.sleep(0.1)
    asked = client.post(f"/messages/{id_}", data={"csrf": csrf, "act": "delete"})
    still = client.get("/queue", params={"state": "held"}).text
    sure = {"csrf": csrf, "act": "delete", "sure": "yes"}
    once, twice = [client.post(f"/messages/{id_}", data=sure) for _ in range(2)]

    assert (once.status_code, twice.status_code) == (303, 409)
    assert "No recipient of it waits to be treated like that" in twice.text
    assert "cannot be undone" in asked.text
    assert 'badge held"' in still
    assert 'badge deleted"' in client.get(f"/messages/{id_}").text


def test_a_block_is_put_in_force_and_lifted(client):
    """And what is no address is refused in a sentence."""
    csrf = csrf_of(client)
    given = {"csrf": csrf, "kind": "ip", "subject": "198.51.100.7", "reason": "<b>spam</b>"}
    client.post("/blocks", data={**given, "hours": "2"})
    text = client.get("/blocks").text
    id_ = re.search(r'>198\.51\.100\.7<.*?name="lift" value="(\w+)"', text, re.DOTALL)
    bad = client.post("/blocks", data={**given, "subject": "everybody"})
    client.post("/blocks", data={"csrf": csrf, "lift": id_[1] if id_ else ""})

    assert "198.51.100.7" in text
    assert "&lt;b&gt;spam" in text
    assert bad.status_code == 409
    assert "is no IP address; write one" in bad.text
    assert ">198.51.100.7<" not in client.get("/blocks").text


def test_failures_are_counted_by_cause_and_lead_to_the_messages(client):
    """A bar for each cause, and who must act."""
    text = client.get("/failures").text
    link = re.search(r'href="(/failures\?cause=mailbox-full&amp;days=7)"', text)
    owner = re.search(r'href="(/failures\?owner=recipient&amp;days=7)"', text)

    assert link
    assert owner
    assert "mailbox-full@provoke.example" in client.get(unescape(link[1])).text
    assert "mailbox-full@provoke.example" in client.get(unescape(owner[1])).text
    assert "mailbox-full@provoke.example" not in client.get("/failures?owner=operator").text
    assert client.get("/failures", params={"day": "2000-01-01"}).status_code == 200


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_on_a_day_without_mail_nothing_failed(client, day):
    """The first and the last that there is among them."""
    answer = client.get("/failures", params={"day": day})

    assert answer.status_code == 200
    assert "/messages/" not in answer.text.partition("<main")[2]


def test_what_an_address_has_wrong_is_named_as_it_stands_there(client):
    """Also where there are several things that it may be."""
    answer = client.get("/messages", params={"status": "sleeping"})

    assert answer.status_code == 400
    assert "status: Input should be" in answer.text


def test_every_policy_is_listed_with_what_becomes_of_its_verdict(client):
    """In the order they are asked."""
    text = client.get("/policies").text

    assert text.count('<span class="badge') >= 40
    assert "client_not_blocked" in text


def test_whoever_is_not_on_the_list_is_told_so(visitor):
    """And nothing is sent to anybody."""
    answer = visitor.post("/delist", data={"ip": "192.0.2.1", "address": "admin@example.org"})

    assert answer.status_code == 409
    assert "not on the list" in answer.text


def test_a_server_leaves_the_list_by_what_stands_in_the_mail(running, client, visitor):
    """Asked for in public; the mail proves who asks; only then it is removed; a page says how it stands."""
    given = {"csrf": csrf_of(client), "kind": "ip", "subject": "198.51.100.44"}
    client.post("/blocks", data={**given, "cause": "banned-sending-ip"})
    asked = visitor.post("/delist", data={"ip": "198.51.100.44", "address": ANNA})
    waiting = visitor.get(asked.headers["location"])
    still = client.get("/blocks").text
    guessed = visitor.post("/delist", data={"confirm": "e30.0000"})

    assert "Look into your mail" in waiting.text
    assert "you must act" in waiting.text
    assert "198.51.100.44" in still
    assert guessed.status_code == 409
    assert "not what we sent" in guessed.text

    link = _link_in_mail(running, "198.51.100.44")
    last = visitor.get(link)
    removed = visitor.post("/delist", data={"confirm": link.partition("=")[2]})
    after = visitor.get(asked.headers["location"])

    assert link.startswith(f"{running.address}/delist?confirm=")
    assert "The last step" in last.text
    assert "198.51.100.44 is removed" in removed.text
    assert "<h1>Removed</h1>" in after.text
    assert "198.51.100.44" not in client.get("/blocks").text


@pytest.mark.parametrize(
    ("ip", "act", "said"),
    [
        ("198.51.100.45", "refuse", "stays banned. An administrator looked at it."),
        ("198.51.100.46", "remove", "<h1>Removed</h1>"),
    ],
)
def test_about_a_ban_an_administrator_decides_and_whoever_asked_is_told_why(
    running, client, visitor, ip, act, said
):
    """Only once the mail has proved who asks."""
    csrf = csrf_of(client)
    client.post("/blocks", data={"csrf": csrf, "kind": "ip", "subject": ip, "cause": "banned-ip"})
    asked = visitor.post("/delist", data={"ip": ip, "address": ANNA})
    before = client.get("/blocks").text
    confirmed = visitor.post(
        "/delist", data={"confirm": _link_in_mail(running, ip).partition("=")[2]}
    )
    waiting = visitor.get(asked.headers["location"]).text
    id_ = re.search(rf'name="decide" value="(\w+)">(?=(?:(?!<li>).)*Remove {ip}")', client.get("/blocks").text, re.DOTALL)  # fmt: skip
    client.post(
        "/blocks", data={"csrf": csrf, "decide": id_[1] if id_ else "", "act": act, "why": "<b>so"}
    )
    after = visitor.get(asked.headers["location"]).text

    assert f"Remove {ip}" not in before
    assert "Now an administrator decides" in confirmed.text
    assert "An administrator of ours must act" in waiting
    assert said in after
    assert "&lt;b&gt;so" in after
    assert f"Remove {ip}" not in client.get("/blocks").text


def test_how_a_request_stands_is_told_by_its_token_alone(visitor):
    """What is none opens nothing."""
    answer = visitor.get("/delist/guessed")

    assert answer.status_code == 404
    assert "There is no such request" in answer.text


def _link_in_mail(running: Shown, ip: str) -> str:
    """Return the link of the mail about the server."""
    folder = running.demonstration.mailboxes / ANNA / "new"
    deadline = time.monotonic() + 30
    while True:
        for path in folder.iterdir() if folder.is_dir() else ():
            mail = message_from_bytes(path.read_bytes(), policy=default)
            part = mail.get_body()
            if part and ip in mail["Subject"]:
                return re.search(r"http://\S+", part.get_content())[0]
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_the_pages_of_the_guide_are_there(client):
    """Each address of the table in docs/console.md, for an administrator."""
    guide = (Path(__file__).parents[2] / "docs" / "console.md").read_text(encoding="utf-8")
    paths = re.findall(r"^\| `(/[^`]*)` \|", guide, re.MULTILINE)

    assert len(paths) == 9
    assert [client.get(path).status_code for path in paths] == [200] * len(paths)


def test_who_else_is_told_is_shown_and_tried(running, client, monkeypatch):
    """What waits, why it was not taken, and what came of a test; a stranger's words are text."""
    webhooks = running.demonstration.gateway.operator.webhooks
    crm = WebhookEntry(
        schema=1, name="crm", host="crm.example", events=["failed"], waiting=2,
        due="2026-11-21T12:00:00Z", fault="crm.example answers 503 <b>",
    )  # fmt: skip

    async def standing() -> tuple[WebhookEntry, ...]:
        return (crm,)

    async def tried(_: str) -> tuple[WebhookEntry, ...]:
        return (structs.replace(crm, fault=None),)

    none = client.get("/webhooks").text
    unknown = client.post("/webhooks", data={"csrf": csrf_of(client), "test": "crm"})
    monkeypatch.setattr(webhooks, "standing", standing)
    monkeypatch.setattr(webhooks, "tried", tried)
    listed = client.get("/webhooks").text
    taken = client.post("/webhooks", data={"csrf": csrf_of(client), "test": "crm"}).text

    assert "There are none" in none
    assert unknown.status_code == 409
    assert "There is no webhook" in unknown.text
    assert "2 calls wait, the next is due 2026-11-21 12:00 (UTC)" in listed
    assert "crm.example answers 503 &lt;b&gt;" in listed
    assert "crm took it:" in taken


def test_an_administrator_asks_what_would_be_said(client):
    """Every policy's saying, and the reply; by a form of the session's own alone."""
    given = {"csrf": csrf_of(client), "sender": "chris@remote.example", "ip": "203.0.113.9"}
    taken = client.post("/tests", data={**given, "recipient": "anna@contoso.example"}).text
    refused = client.post("/tests", data={**given, "recipient": "nobody@contoso.example"}).text
    wrong = client.post("/tests", data={**given, "recipient": "anna", "ip": "x"})
    foreign = client.post("/tests", data={"recipient": "anna@contoso.example", "csrf": "x"})

    assert "It would be taken" in taken
    assert "It would be refused" in refused
    assert "550 5.1.10 Recipient not found: nobody@contoso.example" in refused
    assert 'href="/causes/recipient-not-found"' in refused
    assert "refuses · decides</span></h3>\n<p><code>recipient_exists</code></p>" in refused
    assert (wrong.status_code, foreign.status_code) == (409, 403)


def test_an_administrator_has_the_recipient_s_own_server_asked(client):
    """Only where that is ticked."""
    given = {
        "csrf": csrf_of(client), "sender": "anna@contoso.example", "account": "anna@contoso.example",
        "recipient": "dana@elsewhere.example",
    }  # fmt: skip
    unasked = client.post("/tests", data=given).text
    asked = client.post("/tests", data={**given, "probe": "yes"}).text

    assert "was not asked" in unasked
    assert "takes mail for dana@elsewhere.example at present" in asked
