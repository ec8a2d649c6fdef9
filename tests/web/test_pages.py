"""The pages as a client without scripts gets them: every look-up, and what goes wrong."""

import re
from html import unescape

import httpx
import pytest

import whybounce
from website import large_bounce
from whybounce.catalogue import catalogue
from whybounce.web.headers import FRAMED, POLICY

PAGES = ("/", "/causes", "/causes/mailbox-full", "/codes/5.7.1", "/read", "/write", "/api/docs")


def text(answer: httpx.Response) -> str:
    """Return what a person reads, on one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_strict_about_what_it_may_load_and_sets_no_cookie(client, path):
    """One policy, no inline script or style, nothing of another host."""
    answer = client.get(path)

    assert answer.status_code == 200
    assert answer.headers["content-security-policy"] == POLICY
    assert "unsafe" not in POLICY
    assert "set-cookie" not in answer.headers
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert not re.search(r"<script(?! src=)|<style|\sstyle=|\son\w+=|javascript:", answer.text)
    assert not re.search(r'(?:src|href|action)="(?:https?:)?//', answer.text)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_answers_head_without_a_body(client, path):
    """As GET does: RFC 9110 §9.3.2."""
    answer = client.head(path)

    assert (answer.status_code, answer.content) == (200, b"")


def test_a_code_in_the_address_is_explained(client):
    """What the examples lead to."""
    answer = client.get("/", params={"q": "550 5.1.1 User unknown"})

    assert "No such address at the recipient's domain" in text(answer)
    assert ">\n550 5.1.1 User unknown</textarea>" in answer.text


def test_a_pasted_bounce_is_answered_in_the_order_of_every_answer(client, pasted):
    """Verdict, who, again, what to do, to pass on, why; the evidence is folded."""
    answer = client.post("/", files={"text": (None, pasted), "file": ("", b"")})
    shown = text(answer)
    order = [
        "ronald@contoso.com", "wants a sign-in", "Who must act", "The recipient's mail administrator.",
        "Will sending again help?", "What to do", "To pass on", "Why we think so",
        "What else the report shows",
    ]  # fmt: skip
    places = [shown.index(words, shown.index("forgotten")) for words in order]

    assert answer.status_code == 200
    assert places == sorted(places)
    assert "<summary>Why we think so" in answer.text


def test_a_file_goes_before_what_is_in_the_box(client, eml):
    """And is named; nothing of it stands in the box."""
    answer = client.post("/", files={"text": (None, ""), "file": ("bounce.eml", eml)})

    assert "Read from bounce.eml." in text(answer)
    assert "wants a sign-in" in text(answer)


def test_a_form_without_a_file_works_too(client):
    """Some browsers and all scripts send it so."""
    answer = client.post("/", data={"text": "452 4.2.2 Mailbox full"})

    assert "mailbox is full" in text(answer)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_a_file_that_windows_wrote_is_read_as_it_was(client, encoding):
    """PowerShell and its editor put a mark before it, or write each letter in two bytes."""
    bounce = (
        "From: MAILER-DAEMON@example.net\r\n\r\n<anna@example.org>:\r\n550 5.1.1 User unknown\r\n"
    )
    answer = client.post("/", files={"file": ("bounce.eml", bounce.encode(encoding))})

    assert "No such address at the recipient's domain" in text(answer)


@pytest.mark.parametrize("path", ["/", "/read"])
def test_of_a_file_with_several_mails_the_first_is_told_and_how_many_there_are(client, eml, path):
    """Nothing of the others is taken for the first's, and nobody thinks that they were read."""
    other = b"From: MAILER-DAEMON@example.net\n\n<ben@example.com>:\n552 5.2.2 Mailbox full\n"
    separator = b"From MAILER-DAEMON Mon Jan  5 00:00:00 2026\n"
    both = separator + other + b"\n" + separator + eml
    shown = text(client.post(path, files={"file": ("Bounces", both)}))
    told = client.post("/api/v1/read", content=both).json()

    assert "That holds 2 mails. This is the first" in shown
    assert [each["recipient"] for each in told["outcomes"]] == ["ben@example.com"]
    assert {"where": "file", "what": "holds 2 mails; only the first was read"} in told["defects"]


def test_an_outlook_file_is_read(client, outlook_file):
    """Where most bounces lie."""
    raw = outlook_file({
        0x001A: "REPORT.IPM.Note.NDR",
        0x0037: "Undeliverable: Lunch",
        0x1000: "ronald@contoso.com\n550 5.1.1 User unknown",
    })  # fmt: skip
    answer = client.post("/", files={"file": ("bounce.msg", raw)})

    assert "No such address at the recipient's domain" in text(answer)


def test_an_ambiguous_code_shows_all_it_can_mean_and_what_decides(client):
    """Nine readings of 5.7.1, none of them as if it were certain."""
    answer = client.get("/codes/5.7.1")
    readings = next(one for one in catalogue().collisions if str(one.code) == "5.7.1").readings

    assert "5.7.1 alone does not tell what happened" in text(answer)
    assert "Needs to act" not in text(answer)
    for reading in readings:
        assert f'href="/causes/{reading.cause}"' in answer.text
        assert catalogue().causes[reading.cause].words.title in text(answer)
    assert "“DMARC”" in text(answer)


@pytest.mark.parametrize("code", ["5.7.606", "5.7.606-649"])
def test_a_range_leads_to_its_cause(client, code):
    """Any code in it, and the range as it is written."""
    answer = client.get(f"/codes/{code}")

    assert answer.status_code == 200
    assert f'href="/causes/{whybounce.explain("5.7.606").cause}"' in answer.text


def test_every_cause_has_its_page_and_leads_on(client):
    """Title, who must act, what to do; a sample of them, and the list of all."""
    listed = client.get("/causes")
    for number, cause in enumerate(catalogue().causes.values()):
        assert f'href="/causes/{cause.id}"' in listed.text
        if number % 20:
            continue
        answer = client.get(f"/causes/{cause.id}")
        assert answer.status_code == 200
        assert cause.words.title in text(answer)
        assert "Who must act" in text(answer)


def test_causes_are_found_by_word_by_code_and_by_role(client):
    """As on the command line."""
    found = client.get("/causes", params={"q": "mailbox full"})
    coded = client.get("/causes", params={"q": "5.7.1"})
    theirs = client.get("/causes", params={"owner": "recipient"})
    nothing = client.get("/causes", params={"q": "xyzzy"})

    assert "/causes/mailbox-full" in found.text
    assert 'href="/codes/5.7.1"' in coded.text
    assert "/causes/mailbox-full" in theirs.text
    assert "/causes/null-mx" not in theirs.text
    assert "Nothing holds all of these words" in text(nothing)


def test_the_catalogues_pages_are_not_sent_twice(client):
    """ETag and If-None-Match, RFC 9110 §13.1.2."""
    first = client.get("/causes/mailbox-full")
    again = client.get("/causes/mailbox-full", headers={"If-None-Match": first.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]


LOOP = b"".join(
    b"Received: from %s.example.org by %s.example.org with ESMTPS; Sun, 1 Mar 2026 12:%02d:00 +0000\r\n"
    % (b"ab"[n % 2 :][:1], b"ba"[n % 2 :][:1], 40 - 4 * n)
    for n in range(8)
)
WHOLE = (
    b"From: MAILER-DAEMON@b.example.org\r\nDate: Sun, 1 Mar 2026 13:00:00 +0000\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n"
    b"--x\r\nContent-Type: text/html\r\n\r\n<h1>Sorry</h1><img src=https://tracker.example/x.gif>"
    b"<script>alert(1)</script>\r\n"
    b"--x\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; b.example.org\r\n\r\n"
    b"Final-Recipient: rfc822; anna@example.org\r\nAction: failed\r\nStatus: 5.4.6\r\n"
    b"Diagnostic-Code: smtp; 554 5.4.6 Hop count exceeded - possible mail loop\r\n\r\n"
    b"--x\r\nContent-Type: text/rfc822-headers\r\n\r\n" + LOOP +
    b"From: bob@alpine.example\r\nTo: anna@example.org\r\nSubject: Round\r\n"
    b"Date: Sun, 1 Mar 2026 12:11:30 +0000\r\n\r\n--x--\r\n"
)  # fmt: skip


def test_the_reader_shows_everything_a_report_says(client):
    """Outcomes, notes, the way with its longest wait and its loop, headers, machine part, source."""
    answer = client.post("/read", files={"file": ("loop.eml", WHOLE)})
    shown = text(answer)

    assert "A report of a failure, written by b.example.org" in shown
    assert "The message went in circles: " in shown
    assert shown.count("longest wait") == 1
    assert "All steps together took" in shown
    assert "Reporting-MTA: dns; b.example.org" in shown
    assert "Subject Round" in shown
    assert "The whole source" in shown


def test_a_strangers_page_is_in_a_frame_that_may_do_nothing(client):
    """Sandboxed without any permission; the page's policy holds in it, so nothing is fetched."""
    answer = client.post("/read", files={"file": ("loop.eml", WHOLE)})
    frame = re.search(r"<iframe[^>]*>", answer.text)[0]

    assert re.search(r"\ssandbox\s", frame)
    assert "srcdoc=" in frame
    assert "&lt;script&gt;alert(1)" in frame
    assert "<script>alert" not in answer.text
    assert "img-src 'self'" in answer.headers["content-security-policy"]


def test_a_mail_that_is_no_report_is_said_to_be_none(client):
    """And what to do."""
    raw = b"From: bob@alpine.example\r\nSubject: Lunch\r\n\r\nAt noon?\r\n"
    answer = client.post("/read", files={"file": ("lunch.eml", raw)})

    assert answer.status_code == 200
    assert "This mail does not tell of a delivery" in text(answer)


FORM = {
    "recipient": "anna@example.org",
    "reply": "552 5.2.2 Mailbox full",
    "remote": "mx.example.org",
    "organisation": "Alpine Ski House",
    "language": "de",
    "style": "modern",
    "theme": "dark",
}


def test_a_notice_is_shown_in_its_language_and_colours(client):
    """In a frame of its own with a policy of its own."""
    answer = client.post("/write/preview", data=FORM)

    assert answer.headers["content-security-policy"] == FRAMED
    assert '<html lang="de"' in answer.text
    assert "prefers-color-scheme" not in answer.text
    assert "@media all {" in answer.text
    assert "Alpine Ski House" in answer.text


@pytest.mark.parametrize(
    ("path", "place"),
    [("/codes/9.9.9", "/causes"), ("/causes/nothing", "/causes"), ("/check/x y", "/check")],
)
def test_a_page_that_says_no_stands_where_it_would_have_been(client, path, place):
    """The navigation shows where one is, and a box or a link leads on."""
    answer = client.get(path)

    assert answer.status_code >= 400
    assert f'<a href="{place}" aria-current="true">' in answer.text
    assert '<form class="search"' in answer.text


def test_a_notice_that_cannot_be_written_keeps_its_form(client):
    """The page says what is wrong above what was written, whatever that holds."""
    wrong = {**FORM, "reply": "no <numbers>", "contact": 'the "desk"', "original": "\nSubject: x"}
    answer = client.post("/write/download", data=wrong)

    assert answer.status_code == 400
    assert "needs its numbers" in answer.text
    assert "no &lt;numbers&gt;</textarea>" in answer.text
    assert 'name="contact" value="the &#34;desk&#34;"' in answer.text
    assert "Subject: x</textarea>" in answer.text
    assert client.post("/write/download", content=b"x").status_code == 400


def test_a_notice_is_downloaded_as_the_mail_it_is(client):
    """What we write, we can read."""
    answer = client.post("/write/download", data=FORM)
    outcome = whybounce.read(answer.content).outcomes[0]

    assert answer.headers["content-type"] == "message/rfc822"
    assert answer.headers["content-disposition"] == 'attachment; filename="notice.eml"'
    assert (outcome.recipient, outcome.remote) == ("anna@example.org", "mx.example.org")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"recipient": "nobody"}, "“nobody” is no address"),
        ({"recipient": ""}, "A recipient is missing"),
        ({"reply": "no numbers here"}, "needs its numbers"),
        ({"remote": "mx example\r\nBcc: eve@example.net"}, "is no name of a server"),
        ({"style": "baroque"}, "'baroque' is not a valid Style"),
        ({"language": "tlh"}, "No words in language"),
    ],
)
def test_a_notice_that_cannot_be_written_says_why(client, change, said):
    """In the frame, in one sentence."""
    answer = client.post("/write/preview", data=FORM | change)

    assert answer.status_code == 400
    assert said in text(answer)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/nothing", "There is no such page Nothing is at /nothing."),
        ("/causes/mailbox-ful", "Perhaps you meant: mailbox-full"),
        ("/codes/5.71", "Perhaps you meant: 5.7.1"),
        ("/codes/xyz", "xyz does not read like a status code"),
        ("/static/0/../../../../etc/passwd", "There is no such page"),
        ("/static/0/..%2f..%2fsite.py", "There is no such page"),
        ("/static/0/style.css%00.py", "There is no such page"),
        ("/causes/..%2F..%2Fetc%2Fpasswd", "There is no such page"),
    ],
)
def test_what_is_not_there_is_said_with_what_to_do(client, path, said):
    """No path leads out of the few files there are."""
    answer = client.get(path)

    assert answer.status_code == 404
    assert said in text(answer)
    assert "root:" not in answer.text


@pytest.mark.parametrize(
    ("given", "title", "status"),
    [
        ("", "There is nothing to explain yet", 400),
        (" \n ", "There is nothing to explain yet", 400),
        ("5.71", "That is no status code", 400),
        ("\x89PNG\r\n\x00\x00\x00", "That is not a text and not a mail", 400),
    ],
)
def test_what_cannot_be_explained_stays_in_the_box(client, given, title, status):
    """With what is wrong and what to do."""
    answer = client.post("/", files={"text": (None, given.encode("latin-1"))})

    assert answer.status_code == status
    assert title in text(answer)
    box = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", answer.text, re.DOTALL)[1]
    assert unescape(box).strip() == given.strip().replace("\x00", "\ufffd")


def test_broken_utf8_is_read_byte_for_byte(client):
    """Old mails are full of it."""
    raw = "550 5.1.1 Empfänger unbekannt".encode("latin-1")
    answer = client.post("/", files={"text": (None, raw)})

    assert answer.status_code == 200
    assert "550 5.1.1 Empfänger unbekannt</textarea>" in answer.text


SCRIPT = "<script>alert(1)</script>"


@pytest.mark.parametrize(
    "way", ["address", "text", "file", "name", "search", "code", "cause", "write"]
)
def test_nothing_a_stranger_wrote_becomes_markup(client, way):
    """Wherever it comes in."""
    bounce = f"From: {SCRIPT}@example.net\r\nSubject: {SCRIPT}\r\n\r\n<{SCRIPT}@example.org>:\r\n550 5.1.1 {SCRIPT}\r\n"
    ways = {
        "address": lambda: client.get("/", params={"q": f"550 5.1.1 {SCRIPT}"}),
        "text": lambda: client.post("/", files={"text": (None, f"550 5.1.1 {SCRIPT}</textarea>{SCRIPT}")}),
        "file": lambda: client.post("/read", files={"file": ("a.eml", bounce)}),
        "name": lambda: client.post("/read", files={"file": (f"{SCRIPT}.eml", bounce)}),
        "search": lambda: client.get("/causes", params={"q": f'"{SCRIPT}'}),
        "code": lambda: client.get(f"/codes/{SCRIPT}"),
        "cause": lambda: client.get(f"/causes/{SCRIPT}"),
        "write": lambda: client.post("/write/preview", data=FORM | {"reply": f"550 5.1.1 {SCRIPT}"}),
    }  # fmt: skip
    answer = ways[way]()

    assert "alert" in answer.text or way == "code"
    assert SCRIPT not in answer.text


def test_a_line_break_in_an_address_ends_no_header(client):
    """It is quoted where it goes into one."""
    answer = client.get("/codes", params={"code": "5.7.1\r\nSet-Cookie: a=b"})

    assert answer.status_code == 303
    assert "set-cookie" not in answer.headers
    assert answer.headers["location"].startswith("/codes/5.7.1%0D%0A")


def test_a_bounce_of_ten_megabytes_is_read_while_others_are_answered(client):
    """In another process; the page says what it is about."""
    answer = client.post("/", files={"file": ("large.eml", large_bounce(10))})

    assert "anna@example.org" in text(answer)
    assert "No such address" in text(answer)


def test_a_commands_values_are_quoted_as_on_the_command_line(client):
    """What is copied runs nothing else."""
    reply = "550 5.7.1 <a'$(reboot)'@example.org>: Unable to relay"
    answer = client.post("/", files={"text": (None, reply)})
    commands = re.findall(r'class="prompt">[^<]*</span>([^<]*)', answer.text)

    assert not any("$(reboot)" in unescape(command) for command in commands)


def _about(statuses: list[str]) -> str:
    """Return a report with a recipient for each status code."""
    rows = "".join(
        f"Final-Recipient: rfc822; user{n}@example.org\r\nAction: failed\r\nStatus: {status}\r\n\r\n"
        for n, status in enumerate(statuses)
    )
    return (
        "From: MAILER-DAEMON@example.net\r\nContent-Type: multipart/report; "
        "report-type=delivery-status; boundary=x\r\n\r\n--x\r\nContent-Type: message/delivery-status"
        f"\r\n\r\nReporting-MTA: dns; example.net\r\n\r\n{rows}--x--\r\n"
    )


def test_recipients_that_share_a_cause_are_told_about_once(client):
    """By name as far as there is room, and the rest is counted."""
    mail = _about(["5.1.1"] * 300 + ["5.2.2"])
    answer = client.post("/", files={"file": ("many.eml", mail)})

    assert answer.text.count('<article class="answer"') == 2
    assert "user11@example.org and 288 more · Not delivered" in text(answer)
    assert "user300@example.org · Not delivered" in text(answer)


def test_what_there_is_no_room_for_is_counted(client):
    """Twenty causes have their cards."""
    codes = {str(each.first) for cause in catalogue().causes.values() for each in cause.codes}
    mail = _about(sorted(code for code in codes if code.startswith("5"))[:90])
    answer = client.post("/", files={"file": ("many.eml", mail)})

    assert answer.text.count('<article class="answer"') == 20
    assert re.search(r"\d+ more recipients are left out here", text(answer))
