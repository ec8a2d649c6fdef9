"""The command line, as a person and as a pipe would use it."""

import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from typer.main import get_command
from typer.testing import CliRunner

from whybounce.catalogue import catalogue
from whybounce.cli import app
from whybounce.wire.schema import schemas

WHYBOUNCE = str(Path(sys.executable).with_name("whybounce"))


def run(*arguments: str, stdin: bytes | None = b"") -> subprocess.CompletedProcess[bytes]:
    """Run the real command; no terminal, no colour wished for. JSON is held to its schema."""
    environment = {**os.environ, "NO_COLOR": "1", "PYTHONWARNINGS": "error"}
    done = subprocess.run(  # noqa: S603  # our own command
        [WHYBOUNCE, *arguments], input=stdin, capture_output=True, check=False, env=environment
    )
    if "--json" in arguments:
        schema = Draft202012Validator(schemas()[arguments[0]])
        for line in done.stdout.splitlines():
            schema.validate(json.loads(line))
    return done


def test_bytes_that_are_no_utf8_are_explained_too():
    """Python hands them over as half characters, which no JSON may hold."""
    done = run("explain", "--json", "550 5.1.1 \udcff User unknown")

    assert done.returncode == 0
    assert json.loads(done.stdout)["input"] == "550 5.1.1 ? User unknown"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-8"])
def test_what_windows_pipes_is_read_as_it_was_written(encoding):
    """PowerShell marks its text with the encoding; that is no binary file."""
    done = run("explain", "--json", "-", stdin="550 5.1.1 Empfänger unbekannt".encode(encoding))

    assert json.loads(done.stdout)["input"] == "550 5.1.1 Empfänger unbekannt"

    done = run(
        "explain", "--json", "--lines", stdin="550 5.1.1 Empfänger\r\n550 5.7.1 x".encode(encoding)
    )
    inputs = [json.loads(line)["input"] for line in done.stdout.splitlines()]
    assert inputs == ["550 5.1.1 Empfänger", "550 5.7.1 x"]


@pytest.mark.parametrize("verb", sorted(get_command(app).commands))
def test_help_is_whole_at_80_columns(verb):
    """No word of it is cut off, least of all one to copy."""
    done = CliRunner().invoke(app, [verb, "--help"], env={"COLUMNS": "80", "NO_COLOR": "1"})

    assert not re.search(r"\S…", done.output)
    assert max(map(len, done.output.splitlines())) <= 80


def test_explain_answers_in_the_order_of_every_answer():
    """Verdict, who, again, what to do, said, to pass on, why."""
    shown = run("explain", "550 5.7.1 Unable to relay").stdout.decode()
    headings = [
        "Who must act", "Will sending again help?", "What to do", "The server's own words",
        "To pass on", "Why we think so",
    ]  # fmt: skip

    assert sorted(headings, key=shown.index) == headings
    assert shown.startswith("550 5.7.1: ")


def test_a_pipe_gets_no_colour_and_eighty_columns():
    """Only commands to copy are longer: they stand on lines of their own."""
    shown = run("explain", "5.7.64").stdout.decode()

    assert "\x1b" not in shown
    for line in shown.splitlines():
        assert len(line) <= 80 or line.lstrip().startswith(("$ ", "PS> ")), line


def test_a_strangers_words_never_stand_as_a_command_to_copy():
    """What a server said in backticks stays inside its quotation."""
    shown = run("explain", "550 5.1.1 User unknown, run `$ reboot now` first").stdout.decode()

    assert "`$ reboot now`" in shown
    assert not [line for line in shown.splitlines() if line.strip() == "$ reboot now"]


def test_control_characters_of_a_stranger_reach_no_terminal():
    """Escape sequences and right-to-left marks are blanked."""
    shown = run("explain", "550 5.1.1 User unknown \x1b[2J\u202e").stdout.decode()

    assert "\x1b" not in shown
    assert "\u202e" not in shown


@pytest.mark.parametrize(
    ("arguments", "stdin", "code"),
    [
        (["explain", "550 5.1.1 User unknown"], b"", 0),
        (["explain", "550", "5.1.1", "User", "unknown"], b"", 0),
        (["explain", "-"], b"550 5.1.1 User unknown\r\n", 0),
        (["explain"], b"550 5.1.1 User unknown", 0),
        (["explain", "5.7.1"], b"", 0),
        (["explain", "#5.1.10"], b"", 0),
        (["explain", "250 OK"], b"", 0),
        (["explain", "5.0.0"], b"", 1),
        (["explain", "550"], b"", 1),
        (["explain", "SMTP error 421"], b"", 1),
        (["explain", "quux"], b"", 1),
        (["explain", "599 quux"], b"", 1),
        (["explain", ""], b"", 2),
        (["explain", "-"], b"", 2),
        (["explain", "-"], b"\x00\x01\x02", 2),
        (["explain", "5.71"], b"", 2),
        (["explain", "--lang", "tlh", "5.7.1"], b"", 2),
        (["explian", "5.7.1"], b"", 2),
        (["causes", "5.7.606"], b"", 0),
        (["causes", "no-such-cause-at-all"], b"", 1),
        (["causes", "--owner", "king"], b"", 2),
        (["causes", "--system", "Gmial"], b"", 2),
        (["--version"], b"", 0),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
def test_exit_codes_are_what_is_documented(arguments, stdin, code):
    """0 all answered, 1 something not explained, 2 usage or unreadable input; no traceback."""
    done = run(*arguments, stdin=stdin)

    assert code == done.returncode, done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "stdin", "words"),
    [
        (["explain", "5.71"], b"", ["did you mean", "5.7.1"]),
        (["explain", "5,7,1"], b"", ["did you mean", "5.7.1"]),
        (["explain", "9.9.9"], b"", ["no status code", "2, 4 or 5"]),
        (["explain", "5.7.1O"], b"", ["did you mean", "5.7.1"]),
        (["explian", "5.7.1"], b"", ["explain"]),
        (["explain", "--lang", "tlh", "5.7.1"], b"", ["--lang tlh", "en"]),
        (["explain", ""], b"", ["empty", "whybounce explain"]),
        (["explain", "-"], b"\x00", ["binary"]),
        (["causes", "mailbox-fulll"], b"", ["did you mean", "mailbox-full"]),
        (["causes", "--owner", "king"], b"", ["sender-admin"]),
        (["causes", "--system", "Gmial"], b"", ["did you mean", "Gmail"]),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
def test_a_refusal_names_what_is_wrong_and_the_next_step(arguments, stdin, words):
    """One sentence on stderr, nothing on stdout."""
    done = run(*arguments, stdin=stdin)

    assert done.stdout == b""
    assert all(word in done.stderr.decode() for word in words), done.stderr


def test_json_is_one_object_a_text_and_nothing_else():
    """JSON Lines on stdout, in the order of the input."""
    done = run("explain", "--json", "--lines", "-", stdin=b"5.1.1\n\n550 5.7.1 Unable to relay\n")
    rows = [json.loads(line) for line in done.stdout.splitlines()]

    assert [row["input"] for row in rows] == ["5.1.1", "550 5.7.1 Unable to relay"]
    assert [row["cause"] for row in rows] == ["no-such-mailbox", "unable-to-relay"]
    assert done.stderr == b""


def test_json_has_the_documented_keys():
    """The shape others rely on."""
    row = json.loads(run("explain", "--json", "550 5.1.351 unknown -> 550 User unknown").stdout)

    assert {
        "schema", "input", "status", "reply_code", "cause", "title", "owner", "helpers",
        "permanent", "again", "suppress", "reason", "what", "steps", "tell", "codes", "confidence",
        "because", "alternatives", "inner", "page",
    } <= set(row)  # fmt: skip
    assert (row["status"], row["cause"], row["suppress"]) == ("5.1.351", "no-such-mailbox", True)
    assert row["inner"]["cause"] == "no-such-mailbox"


def test_causes_finds_by_code_word_owner_and_system():
    """Each of the four ways leads to the cause."""
    for arguments in (
        ["5.7.606"],
        ["banned", "sending"],
        ["--owner", "sender-admin"],
        ["--system", "Exchange Online"],
        ["banned-sending-ip"],
    ):
        rows = [
            json.loads(line) for line in run("causes", "--json", *arguments).stdout.splitlines()
        ]
        assert "banned-sending-ip" in {row["cause"] for row in rows}, arguments


def test_causes_lists_all_with_who_must_act():
    """Without a search: the whole catalogue, a line each, readable without colour."""
    shown = run("causes").stdout.decode()

    assert "mailbox-full" in shown
    assert "the recipient's mail administrator" in shown


def test_a_closed_pipe_is_no_failure():
    """Whoever reads only the head of the list had what was wanted: 0, and nothing said."""
    with subprocess.Popen(  # noqa: S603  # our own command
        [WHYBOUNCE, "causes", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            process.stdout.readline()
            process.stdout.close()
            said = process.stderr.read()
            code = process.wait(timeout=60)
        finally:
            process.kill()

    assert (code, said) == (0, b"")


@pytest.mark.parametrize("arguments", [["causes", "--json"], ["explain", "5.1.1"], ["--help"]])
def test_a_full_disk_is_not_our_fault(arguments):
    """One sentence says what is wrong."""
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(  # noqa: S603  # our own command
            [WHYBOUNCE, *arguments], stdout=full, stderr=subprocess.PIPE, check=False, timeout=60
        )

    assert done.returncode == 2
    assert done.stderr == b"whybounce: the output cannot be written: No space left on device\n"


def test_lines_are_explained_however_many_there_are():
    """What a pipe brings is read to its end."""
    line = b"550 5.1.1 User unknown"
    tail = b"452 4.2.2 Mailbox full"
    blank = b"\n" * 9_000_000  # More than is read of one text.
    done = run("explain", "--json", "--lines", "-", stdin=line + blank + tail)

    assert [json.loads(row)["status"] for row in done.stdout.splitlines()] == ["5.1.1", "4.2.2"]


def test_a_line_is_explained_when_it_comes():
    """So that a log can be followed."""
    with subprocess.Popen(  # noqa: S603  # our own command
        [WHYBOUNCE, "explain", "--json", "--lines"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        too_late = threading.Timer(120, process.kill)
        too_late.start()
        try:
            for status in (b"5.1.1", b"5.7.606"):
                process.stdin.write(b"550 " + status + b" no\n")
                process.stdin.flush()
                assert json.loads(process.stdout.readline())["status"].encode() == status
            process.stdin.close()
            process.wait(timeout=60)
        finally:
            too_late.cancel()
            process.kill()


@pytest.mark.parametrize("given", [b"", b"\n \n", b"\x00\x01\n550 5.1.1 no\n"])
def test_lines_without_a_text_are_refused(given):
    done = run("explain", "--lines", stdin=given)

    assert (done.returncode, done.stdout) == (2, b"")
    assert len(done.stderr.splitlines()) == 1


BOUNCE = b"""\
From: postmaster@example.net
Content-Type: multipart/report; report-type=delivery-status; boundary=x

--x
Content-Type: message/delivery-status

Reporting-MTA: dns; example.net

Final-Recipient: rfc822; anna@example.org
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 User unknown
--x--
"""


def test_read_answers_for_every_mail_of_a_folder_and_goes_on_past_what_it_cannot_read(tmp_path):
    """A row for each, in order; exit 1 because one was no bounce."""
    (tmp_path / "a.eml").write_bytes(BOUNCE)
    (tmp_path / "b.eml").write_bytes(b"")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "c.eml").write_bytes(BOUNCE)
    done = run("read", "--json", str(tmp_path))
    rows = [json.loads(line) for line in done.stdout.splitlines()]

    assert [row["kind"] for row in rows] == ["failure", "not-a-report", "failure"]
    assert [outcome["recipient"] for outcome in rows[0]["outcomes"]] == ["anna@example.org"]
    assert rows[0]["outcomes"][0]["cause"] == "no-such-mailbox"
    assert rows[1]["defects"] == [{"where": "message", "what": "nothing to read"}]
    assert done.returncode == 1


def test_read_takes_a_mail_from_standard_input():
    """And shows who did not get it first."""
    done = run("read", "-", stdin=BOUNCE)

    assert done.returncode == 0
    assert "anna@example.org" in done.stdout.decode().splitlines()[2]


def test_explain_takes_a_whole_bounce_too():
    """What people paste is not always the one line that matters."""
    row = json.loads(run("explain", "--json", "-", stdin=BOUNCE).stdout)

    assert row["cause"] == "no-such-mailbox"
    assert row["parameters"]["recipient"] == "anna@example.org"


def test_read_names_what_is_missing(tmp_path):
    """No path, no such path, no mail: one sentence each."""
    for arguments, words in (
        ([], "whybounce read bounce.eml"),
        (["/no/such"], "no such file"),
        ([str(tmp_path)], "no mail in this folder"),
    ):
        done = run("read", *arguments)
        assert (done.returncode, done.stdout) == (2, b"")
        assert words in done.stderr.decode()


def test_help_says_which_languages_there_are():
    """Whatever folder of words there is."""
    shown = " ".join(run("explain", "--help").stdout.decode().replace("│", " ").split())

    assert all(f"{language} (" in shown for language in catalogue().frames)


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [("explain - <&-", 2, "whybounce: the text is empty"), ("explain 5.7.606 >&-", 0, "")],
)
def test_what_was_closed_before_we_began_is_empty_or_takes_all(command, code, said):
    """Some programs start others so."""
    done = subprocess.run(  # noqa: S602  # our own command, and a shell that closes
        f"{WHYBOUNCE} {command}",
        shell=True,
        capture_output=True,
        check=False,
        text=True,
        timeout=120,
    )

    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith(said)
    assert bool(done.stderr) is bool(said)
