"""``whybounce write`` and ``whybounce rewrite``, as people and pipes use them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import whybounce
from notices import ORIGINAL, delayed, diagnosed, failed, text_of
from strict_report import violations

WHYBOUNCE = str(Path(sys.executable).with_name("whybounce"))
ANNA = ["--recipient", "anna@example.org", "--reply", "550 5.1.1 User unknown"]


def run(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run the real command."""
    environment = {**os.environ, "PYTHONWARNINGS": "error"}
    return subprocess.run(  # noqa: S603  # our own command
        [WHYBOUNCE, *arguments], input=stdin, capture_output=True, check=False, env=environment
    )


@pytest.fixture
def original(tmp_path):
    """Return the path of a message that was not delivered."""
    path = tmp_path / "mail.eml"
    path.write_bytes(ORIGINAL)
    return str(path)


def test_a_message_and_a_reply_make_a_notice(original):
    """Valid, with what was given, and nothing on standard error."""
    done = run(
        "write", "--original", original, *ANNA, "--remote", "mx.example.org",
        "--reporting-mta", "mx1.alpine.example", "--organisation", "Alpine",
        "--date", "2026-03-01T13:00:00+01:00",
    )  # fmt: skip
    outcome = whybounce.read(done.stdout).outcomes[0]

    assert (done.returncode, done.stderr) == (0, b"")
    assert violations(done.stdout) == []
    assert (outcome.recipient, str(outcome.reply)) == (
        "anna@example.org", "550 5.1.1 User unknown",
    )  # fmt: skip
    assert b"Reporting-MTA: dns; mx1.alpine.example\r\n" in done.stdout
    assert b"Date: Sun, 01 Mar 2026 13:00:00 +0100\r\n" in done.stdout
    assert b"From: Alpine mail delivery <postmaster@mx1.alpine.example>\r\n" in done.stdout


def test_the_message_may_come_from_standard_input(original):
    """As everywhere, - is standard input; it cannot be two things."""
    piped = run("write", "--original", "-", *ANNA, "--date", "2026-03-01", stdin=ORIGINAL)
    both = run("write", "--original", "-", "--from-json", "-", stdin=ORIGINAL)

    assert (
        piped.stdout == run("write", "--original", original, *ANNA, "--date", "2026-03-01").stdout
    )
    assert (both.returncode, both.stdout) == (2, b"")
    assert b"one thing" in both.stderr


def test_what_windows_wrote_is_taken_as_it_was(tmp_path):
    """PowerShell makes UTF-16 of what it redirects: of a mail, a row of JSON, a bounce."""
    mail, row, bounce = (tmp_path / name for name in ("mail.eml", "row.json", "bounce.eml"))
    mail.write_bytes(ORIGINAL.decode().encode("utf-16"))
    notice = run("write", "--original", str(mail), *ANNA)
    bounce.write_bytes(notice.stdout.decode().encode("utf-16"))
    rows = run("read", "--json", str(bounce))
    row.write_bytes(rows.stdout.decode().encode("utf-16"))
    again = run("write", "--from-json", str(row))

    assert (notice.returncode, rows.returncode, again.returncode) == (0, 0, 0), again.stderr
    assert whybounce.read(again.stdout).outcomes[0].recipient == "anna@example.org"


def test_a_mail_that_is_no_bounce_passes_rewriting_with_its_mark():
    """Byte for byte, whatever stands before it."""
    marked = ORIGINAL.decode().encode("utf-16")

    assert run("rewrite", stdin=marked).stdout == marked


def test_each_recipient_may_have_a_reply_of_its_own(original):
    """A 4xx is being retried, a 2xx arrived."""
    done = run(
        "write", "--original", original, *ANNA,
        "--recipient", "b@example.org", "--reply", "452 4.2.2 Mailbox full",
        "--recipient", "c@example.org", "--reply", "250 2.1.5 Delivered",
    )  # fmt: skip
    outcomes = whybounce.read(done.stdout).outcomes

    assert [str(outcome.action) for outcome in outcomes] == ["failed", "delayed", "delivered"]


def test_a_row_of_read_makes_a_notice_again():
    """With every fact that the row has, also a reply that wraps another."""
    wrapped = "550 5.1.351 Remote server returned unknown recipient -> 550 Nobody here"
    first = whybounce.write(diagnosed(failed(reply=wrapped), delayed()), original=ORIGINAL)
    row = run("read", "--json", "-", stdin=first).stdout

    again = run("write", stdin=row)

    assert again.returncode == 0
    assert violations(again.stdout) == []
    assert whybounce.read(again.stdout).outcomes == whybounce.read(first).outcomes
    assert whybounce.read(again.stdout).generator == "mx1.alpine.example"


def test_a_row_may_be_laid_out_in_a_file(tmp_path):
    """As jq and people do."""
    row = tmp_path / "row.json"
    row.write_text(
        json.dumps({"outcomes": [{"recipient": "a@example.org", "action": "failed"}]}, indent=2)
    )

    done = run("write", "--from-json", str(row), "--to", "bob@alpine.example")

    assert b"Final-Recipient: rfc822; a@example.org\r\n" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--original", "{mail}"], "--recipient takes who did not get it"),
        (ANNA, "--original takes the message that was not delivered"),
        (["--original", "/nowhere", *ANNA], "--original takes a file; /nowhere cannot be read"),
        (["--original", "{mail}", "--recipient", "a@example.org"], "--reply takes"),
        (["--original", "{mail}", *ANNA[:2], *ANNA, *ANNA], "3 recipients and 2 replies"),
        (["--original", "{mail}", "--recipient", "anna", *ANNA[2:]], "--recipient takes one address"),
        (["--original", "{mail}", *ANNA[:3], "hello"], "--reply takes what the server said with its"),
        (["--original", "{mail}", *ANNA, "--status", "5.71"], "--status takes a status code"),
        (["--original", "{mail}", *ANNA, "--style", "modren"], "did you mean modern?"),
        (["--original", "{mail}", *ANNA, "--audience", "all"], "--audience takes one of internal"),
        (["--original", "{mail}", *ANNA, "--action", "gone"], "--action takes one of failed"),
        (["--original", "{mail}", *ANNA, "--return", "half"], "--return takes one of FULL, HDRS"),
        (["--original", "{mail}", *ANNA, "--date", "soon"], "--date takes a time, such as"),
        (["--original", "{mail}", *ANNA, "--retry-until", "x"], "--retry-until takes a time"),
        (["--original", "{mail}", *ANNA, "--remote", "a b"], "--remote takes the name of a host"),
        (["--original", "{mail}", *ANNA, "--to", "bob"], "--to takes one address"),
        (["--original", "{mail}", *ANNA, "--from", "<>"], "--from takes one address"),
        (["--original", "{mail}", *ANNA, "--help-base", "x"], "--help-base takes a link"),
        (["--original", "{mail}", *ANNA, "--lang", "tlh"], "--lang tlh: no such language"),
        (["--original", "{mail}", *ANNA, "--words", "/no/words"], "--words /no/words: "),
        (["--original", "{mail}", *ANNA, "--preview", "/no/x"], "--preview takes a file to write"),
        (["--from-json", "-", *ANNA], "leave out --recipient and --reply"),
        (["--from-json", "/nowhere"], "--from-json takes a file"),
    ],
)  # fmt: skip
def test_bad_input_gets_one_sentence_that_names_the_option(original, arguments, says):
    """And what it takes; exit 2, nothing on standard output."""
    done = run("write", *(one.replace("{mail}", original) for one in arguments))
    said = done.stderr.decode()

    assert (done.returncode, done.stdout) == (2, b"")
    assert says in said
    assert said.startswith("whybounce: ")
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (b"", "there is none"),
        (b"hello", "JSON is malformed"),
        (b"{}", "missing required field `outcomes`"),
        (b'{"outcomes": [{"action": "lost"}]}', "`$.outcomes[0].action`"),
        (b'{"outcomes": []}\n{"outcomes": []}\n', "there are 2"),
        (b'{"outcomes": []}', "no outcomes"),
        (b'{"outcomes": [{"action": "failed"}], "date": "2026-03-01T12:00:00"}', "timezone"),
    ],
)
def test_what_is_no_row_is_said_to_be_none(row, says):
    """Where in it, and what was expected."""
    done = run("write", stdin=row)

    assert done.returncode == 2
    assert says in done.stderr.decode()


def test_nobody_is_told_where_nobody_may_be(tmp_path):
    """An empty return path; unless somebody is named, to show one."""
    mail = tmp_path / "mail.eml"
    mail.write_bytes(ORIGINAL.replace(b"<bob@alpine.example>", b"<>", 1))

    refused = run("write", "--original", str(mail), *ANNA)
    shown = run("write", "--original", str(mail), *ANNA, "--to", "me@alpine.example")

    assert refused.returncode == 2
    assert b"--to takes whom the notice goes to" in refused.stderr
    assert b"To: <me@alpine.example>\r\n" in shown.stdout


def test_the_page_can_be_looked_at(original, tmp_path):
    """As people see it, in a file; nothing on standard output."""
    page = tmp_path / "out.html"

    done = run("write", "--original", original, *ANNA, "--preview", str(page))

    assert (done.returncode, done.stdout) == (0, b"")
    assert page.read_text().startswith("<!DOCTYPE html>")
    assert "Needs to act" in page.read_text()


def test_the_browser_is_opened_where_that_is_wanted(original, tmp_path):
    """BROWSER names it, as for every program; here it notes what it is shown."""
    browser = tmp_path / "browser"
    shown = tmp_path / "shown"
    browser.write_text(f'#!/bin/sh\necho "$1" > {shown}\n')
    browser.chmod(0o700)
    environment = {**os.environ, "BROWSER": f"{browser} %s"}

    subprocess.run(  # noqa: S603  # our own command
        [WHYBOUNCE, "write", "--original", original, *ANNA, "--open"], check=True, env=environment
    )

    assert shown.read_text().startswith("file:///")
    assert shown.read_text().endswith("/notice.html\n")


def test_classic_is_one_option_away(original):
    """The seeds' older style."""
    done = run("write", "--original", original, *ANNA, "--style", "classic")

    assert "Diagnostic information for administrators:" in text_of(done.stdout)


def test_a_region_is_written_in_its_language(original):
    """An account's de-AT, as it stands in a directory."""
    done = run("write", "--original", original, *ANNA, "--lang", "de-AT")

    assert b"\r\nContent-Language: de\r\n" in done.stdout
    assert "wurde nicht zugestellt" in text_of(done.stdout)


def test_a_bounce_is_told_again_in_words_of_ones_own(tmp_path):
    """With the help desk that the folder names; a mistake in it is one sentence."""
    (tmp_path / "operator.toml").write_text('contact = "telephone 4711"')
    bounce = (
        b"Return-Path: <>\nFrom: MAILER-DAEMON@example.net\nTo: bob@alpine.example\n"
        b"Date: Sun, 01 Mar 2026 12:00:00 +0000\nSubject: failure notice\n\n"
        b"<anna@example.org>:\n550 5.1.1 User unknown\n"
    )
    told = run("rewrite", "--words", str(tmp_path), stdin=bounce)
    (tmp_path / "operator.toml").write_text('kontakt = "telephone 4711"')
    refused = run("rewrite", "--words", str(tmp_path), stdin=bounce)

    assert "Questions? telephone 4711" in text_of(told.stdout)
    assert (refused.returncode, refused.stdout) == (2, b"")
    assert "operator.toml" in refused.stderr.decode()
    assert "kontakt" in refused.stderr.decode()


def test_a_bounce_is_told_again(tmp_path):
    """From standard input or a file."""
    bounce = (
        b"Return-Path: <>\nFrom: MAILER-DAEMON@example.net\nTo: bob@alpine.example\n"
        b"Date: Sun, 01 Mar 2026 12:00:00 +0000\nSubject: failure notice\n\n"
        b"<anna@example.org>:\n550 5.1.1 User unknown\n"
    )
    path = tmp_path / "bounce.eml"
    path.write_bytes(bounce)

    piped = run("rewrite", "--by", "mail.alpine.example", stdin=bounce)
    named = run("rewrite", str(path), "--by", "mail.alpine.example")

    assert piped.stdout == named.stdout
    assert (
        b'From: "mail.alpine.example mail delivery" <postmaster@mail.alpine.example>\n'
        in piped.stdout
    )
    assert whybounce.read(piped.stdout).outcomes[0].recipient == "anna@example.org"


@pytest.mark.parametrize("mail", [ORIGINAL, ORIGINAL.replace(b"\r\n", b"\n"), b"", b"\x00\xff\n"])
def test_any_other_mail_passes_through(mail):
    """Byte for byte."""
    done = run("rewrite", stdin=mail)

    assert (done.returncode, done.stdout) == (0, mail)


def test_no_page_is_shown_of_what_is_no_bounce(tmp_path):
    """There is none."""
    done = run("rewrite", "--preview", str(tmp_path / "x.html"), stdin=ORIGINAL)

    assert done.returncode == 2
    assert b"no bounce" in done.stderr
