"""``whybounce read`` as a help desk and a mailing team use it."""

import csv
import gzip
import io
import json
import subprocess
import zipfile

import pyarrow.parquet
import pytest
from jsonschema import Draft202012Validator

from whybounce.cli.answers.table import COLUMNS
from whybounce.wire.schema import schemas

POSTMARK = b"From MAILER-DAEMON Thu Jan  1 00:00:00 2026\n"


def rows(done) -> list[dict]:
    """Return the JSON objects on standard output."""
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def mixed(tmp_path, bounce, outlook_file):
    """Return a folder with every kind of file there is, and some that are broken."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("in.eml", bounce("zip@example.org"))
        archive.writestr("nested.zip", b"PK\x03\x04")
    box = b"".join(POSTMARK + bounce(f"{n}@example.org") + b"\n" for n in range(2))
    (tmp_path / "b.mbox").write_bytes(box)
    (tmp_path / "c.gz").write_bytes(gzip.compress(bounce("gzip@example.org")))
    (tmp_path / "d.gz").write_bytes(gzip.compress(bounce("cut@example.org"))[:-9])
    (tmp_path / "e.msg").write_bytes(
        outlook_file({0x001A: "REPORT.IPM.Note.NDR"}, ({0x39FE: "msg@example.org"},))
    )
    (tmp_path / "f").symlink_to("nowhere")
    (tmp_path / "g.eml").write_bytes(b"")
    return tmp_path


def test_every_kind_of_file_is_read_and_what_is_broken_is_a_row(whybounce, mixed):
    """In the order of names, each mail with the name of where it stands."""
    done = whybounce("read", "--json", mixed)
    found = {row["source"].removeprefix(f"{mixed}/"): row for row in rows(done)}

    assert list(found) == [
        "a.zip/in.eml", "a.zip/nested.zip", "b.mbox#1", "b.mbox#2", "c.gz", "d.gz", "e.msg", "f",
        "g.eml",
    ]  # fmt: skip
    recipients = {
        source: [outcome["recipient"] for outcome in row["outcomes"]]
        for source, row in found.items()
    }
    assert recipients["a.zip/in.eml"] == ["zip@example.org"]
    assert recipients["b.mbox#2"] == ["1@example.org"]
    assert recipients["c.gz"] == ["gzip@example.org"]
    assert recipients["d.gz"] == ["cut@example.org"]
    assert recipients["e.msg"] == ["msg@example.org"]
    defects = {source: row["defects"][0]["what"] for source, row in found.items() if row["defects"]}
    assert "not opened" in defects["a.zip/nested.zip"]
    assert "cut off" in defects["d.gz"]
    assert defects["f"] == "no such file or folder"
    assert defects["g.eml"] == "nothing to read"
    assert (done.returncode, done.stderr) == (2, b"")


def test_every_form_of_answer_takes_what_is_broken(whybounce, mixed):
    """The page, the tables, the summary, the addresses: none falls over, all say the same code."""
    for form in ([], ["--summary"], ["--suppress"], ["--format", "csv"]):
        done = whybounce("read", *form, mixed)

        assert done.returncode == 2
        assert done.stdout


def test_standard_input_may_be_a_mailbox(whybounce, bounce):
    """Its mails are numbered."""
    box = (POSTMARK + bounce() + b"\n") * 2

    assert [row["source"] for row in rows(whybounce("read", "--json", "-", stdin=box))] == [
        "-#1",
        "-#2",
    ]


@pytest.mark.parametrize(
    ("reply", "code"), [("550 5.1.1 User unknown", 0), ("550 - quux", 1)], ids=["known", "not"]
)
def test_the_exit_code_says_whether_all_was_explained(whybounce, bounce, reply, code):
    """0 or 1; 2 where something could not be read."""
    assert whybounce("read", "--json", "-", stdin=bounce(reply=reply)).returncode == code


def test_a_file_that_is_no_bounce_gets_a_line_and_no_page(whybounce, tmp_path):
    """No advice to anybody about a file that names nobody; and no mark where an address would stand."""
    (tmp_path / "readme.txt").write_text("hi\n", encoding="ascii")

    done = whybounce("read", str(tmp_path))

    told = done.stdout.decode().splitlines()[1:]
    assert told == ["message: no form of bounce that is known here", ""]
    assert done.returncode == 1


def test_one_of_several_paths_may_be_missing(whybounce, bounce, tmp_path):
    """It is a row; the others are read; the exit code tells."""
    (tmp_path / "a.eml").write_bytes(bounce())
    done = whybounce("read", "--json", tmp_path / "missing", tmp_path / "a.eml")

    assert [row["kind"] for row in rows(done)] == ["not-a-report", "failure"]
    assert done.returncode == 2


def test_csv_has_a_row_for_each_outcome_and_one_for_a_mail_without(whybounce, mixed):
    """On standard output, with the documented columns."""
    table = list(
        csv.DictReader(io.StringIO(whybounce("read", "--format", "csv", mixed).stdout.decode()))
    )

    assert list(table[0]) == [column.name for column in COLUMNS]
    assert len(table) == 9
    assert table[0]["recipient"] == "zip@example.org"
    assert table[0]["permanent"] == "true"
    assert table[0]["date"] == "2026-01-05T10:00:00Z"
    assert table[-1]["cause"] == ""
    assert table[-1]["defects"] == "message: nothing to read"


def test_parquet_says_the_same_as_csv(whybounce, mixed, tmp_path_factory):
    """With types of its own: times, numbers, true and false."""
    output = tmp_path_factory.mktemp("out") / "bounces.parquet"
    done = whybounce("read", "--format", "parquet", "--output", output, mixed)
    table = pyarrow.parquet.read_table(output)
    written = csv.DictReader(
        io.StringIO(whybounce("read", "--format", "csv", mixed).stdout.decode())
    )

    assert done.stdout == b""
    assert table.column("recipient").to_pylist()[:9] == [
        row["recipient"] or None for row in written
    ]
    assert str(table.schema.field("date").type) == "timestamp[ms, tz=UTC]"
    assert table.column("reply_code").to_pylist()[0] == 550
    assert table.column("permanent").to_pylist()[0] is True


def test_output_that_fails_leaves_what_was_there(whybounce, tmp_path):
    """Nothing is destroyed, and nothing is left beside it."""
    (tmp_path / "out.csv").write_bytes(b"precious")
    done = whybounce("read", "--format", "csv", "-o", tmp_path / "out.csv", tmp_path / "missing")

    assert done.returncode == 2
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"out.csv": b"precious"}


@pytest.mark.parametrize(
    ("output", "words"),
    [("/dev/full", "No space left"), ("/no/such/folder/out", "No such file"), ("/", "is a folder")],
)
def test_output_that_cannot_be_written_is_one_sentence(whybounce, bounce, output, words):
    """Whatever the system says, behind the name of the file."""
    for form in (["--json"], ["--format", "csv"], ["--format", "parquet"]):
        done = whybounce("read", *form, "--output", output, "-", stdin=bounce())

        assert done.returncode == 2
        assert words in done.stderr.decode()
        assert len(done.stderr.splitlines()) == 1


def test_output_replaces_what_was_there_and_keeps_who_may_read_it(whybounce, bounce, tmp_path):
    """Also behind a link, which stays one."""
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "real").chmod(0o640)
    (tmp_path / "link").symlink_to("real")
    whybounce("read", "--json", "-o", tmp_path / "link", "-", stdin=bounce())

    assert json.loads((tmp_path / "real").read_bytes())["kind"] == "failure"
    assert (tmp_path / "real").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "link").is_symlink()
    assert len(list(tmp_path.iterdir())) == 2


def test_what_is_to_be_read_is_not_written_over(whybounce, bounce, tmp_path):
    """Also by another name."""
    (tmp_path / "bounce.eml").write_bytes(bounce())
    (tmp_path / "link").symlink_to("bounce.eml")
    done = whybounce("read", "--json", "-o", tmp_path / "link", tmp_path / "bounce.eml")

    assert done.returncode == 2
    assert b"name another file" in done.stderr
    assert (tmp_path / "bounce.eml").read_bytes() == bounce()


def test_the_answers_of_the_last_run_are_no_mail(whybounce, bounce, tmp_path):
    """Though they stand in the folder that is read."""
    (tmp_path / "bounce.eml").write_bytes(bounce())
    answers = tmp_path / "answers.jsonl"
    for _ in range(2):
        done = whybounce("read", "--json", "-o", answers, tmp_path)

        assert done.returncode == 0
        assert len(answers.read_bytes().splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--format", "parquet"], "--output"),
        (["--output", "x"], "--json"),
        (["--summary", "--output", "x"], "--json"),
        (["--summary", "--suppress"], "choose one"),
        (["--format", "csv", "--json"], "choose one"),
        (["--format", "csv", "--summary"], "choose one"),
        (["--format", "xml"], "csv"),
    ],
    ids=" ".join,
)
def test_options_that_contradict_are_refused(whybounce, bounce, arguments, words):
    """Before anything is read or written."""
    done = whybounce("read", *arguments, "-", stdin=bounce())

    assert (done.returncode, done.stdout) == (2, b"")
    assert words in done.stderr.decode()


def test_what_could_not_be_read_is_counted_where_no_page_shows_it(whybounce, bounce, tmp_path):
    """A list of addresses has no row for it, and a table in a file is not looked at."""
    (tmp_path / "a.eml").write_bytes(bounce("anna@example.org"))
    (tmp_path / "b.gz").write_bytes(b"\x1f\x8bno gzip")
    listed = whybounce("read", "--suppress", tmp_path)
    page = whybounce("read", tmp_path)

    assert (listed.returncode, page.returncode) == (2, 2)
    assert b"1 of 2 mails and files could not be read" in listed.stderr
    assert page.stderr == b""


def test_suppress_lists_each_address_once_where_the_cause_says_so(whybounce, bounce, tmp_path):
    """Address, tab, why; nothing of those that are only full or being retried."""
    for name, mail in {
        "1": bounce("anna@example.org"),
        "2": bounce("ANNA@example.org"),
        "3": bounce("berta@example.org", "452 4.2.2 Mailbox full", "delayed"),
        "4": bounce("clara@example.org", "550 5.1.1 User unknown", "delayed"),
        "5": bounce("dora@example.org"),
    }.items():
        (tmp_path / name).write_bytes(mail)
    done = whybounce("read", "--suppress", tmp_path)
    named = rows(whybounce("read", "--suppress", "--json", tmp_path))
    for row in named:
        Draft202012Validator(schemas()["read-suppress"]).validate(row)

    assert [line.split("\t")[0] for line in done.stdout.decode().splitlines()] == [
        "anna@example.org",
        "dora@example.org",
    ]
    assert "\tNo such address" in done.stdout.decode()
    assert [row["address"] for row in named] == ["anna@example.org", "dora@example.org"]
    assert named[0] == {
        "schema": 1,
        "address": "anna@example.org",
        "recipient": "anna@example.org",
        "cause": "no-such-mailbox",
        "title": "No such address at the recipient's domain",
        "since": "2026-01-05T10:00:00Z",
        "source": str(tmp_path / "1"),
    }


def test_a_summary_counts_and_shows_bars(whybounce, bounce, tmp_path):
    """Plain in a pipe; the same numbers as JSON."""
    for number in range(4):
        (tmp_path / f"{number}.eml").write_bytes(bounce(f"{number}@example.org"))
    (tmp_path / "4.eml").write_bytes(bounce("5@example.net", "452 4.2.2 Mailbox full", "delayed"))
    (tmp_path / "5.eml").write_bytes(b"Subject: words\n\nwords\n")
    shown = whybounce("read", "--summary", tmp_path).stdout.decode()
    (counted,) = rows(whybounce("read", "--summary", "--json", tmp_path))
    Draft202012Validator(schemas()["read-summary"]).validate(counted)

    assert "\x1b" not in shown
    assert all(len(line) <= 80 for line in shown.splitlines())
    assert "4 ████████████ No such address at the recipient's domain" in shown
    assert "1 ███          The recipient's mailbox is full" in shown
    assert "4 ████████████ example.org" in shown
    assert (counted["mails"], counted["unread"], counted["recipients"]) == (6, 1, 5)
    assert (counted["permanent"], counted["temporary"]) == (4, 1)
    assert [(row["cause"], row["count"]) for row in counted["causes"]] == [
        ("no-such-mailbox", 4),
        ("mailbox-full", 1),
    ]
    assert counted["domains"][0] == {"domain": "example.org", "count": 4}
    assert counted["owners"][0]["owner"] == "sender"


VERP = "Delivered-To: <news-bounces+anna=example.org@lists.example.net>\n"


def test_a_forwarded_mail_is_matched_to_whom_it_was_sent_to(whybounce, bounce):
    """By the address that the bounce came back to; the JSON names the rule, the page says it."""
    mail = bounce("berta@example.net", fields=VERP)
    (outcome,) = rows(whybounce("read", "--json", "-", stdin=mail))[0]["outcomes"]
    shown = whybounce("read", "-", stdin=mail).stdout.decode()

    assert (outcome["recipient"], outcome["original_recipient"]) == (
        "berta@example.net",
        "anna@example.org",
    )
    assert outcome["inferred"]["original_recipient"].startswith(
        "the recipient written in Delivered-To"
    )
    assert "The message was sent to anna@example.org and passed on to" in shown


def test_the_address_to_stop_mailing_is_the_one_that_was_mailed(whybounce, bounce):
    """The mailbox it is forwarded to stands in no list."""
    mail = bounce("berta@example.net", fields=VERP)
    (row,) = rows(whybounce("read", "--suppress", "--json", "-", stdin=mail))

    assert (row["address"], row["recipient"]) == ("anna@example.org", "berta@example.net")


def test_a_pattern_of_ones_own_is_followed(whybounce, bounce):
    """And refused in a sentence where it names no recipient."""
    mail = bounce("berta@example.net", fields="To: b.17.anna.AT.example.org@x.example\n")
    done = whybounce(
        "read", "--json", "--verp", "b.*.{local}.AT.{domain}@x.example", "-", stdin=mail
    )
    refused = whybounce("read", "--verp", "b@x.example", "-", stdin=mail)

    assert rows(done)[0]["outcomes"][0]["original_recipient"] == "anna@example.org"
    assert refused.returncode == 2
    assert "{local} stands 0 times" in refused.stderr.decode()


def test_letters_that_cannot_be_written_stop_nothing(
    whybounce, bounce, tmp_path, command, environment
):
    """Half a character out of a strange charset; a terminal that knows few letters."""
    mail = b"""From: MAILER-DAEMON@example.net
Subject: failure notice
Content-Type: text/plain; charset=utf-7

<anna@example.org>:
550 5.1.1 User unknown +2AA-
"""
    (tmp_path / "1").write_bytes(mail)
    (tmp_path / "2").write_bytes(bounce())
    for form in (
        [],
        ["--json"],
        ["--format", "csv"],
        ["--format", "parquet", "-o", tmp_path / "o"],
    ):
        done = whybounce("read", *form, tmp_path / "1", tmp_path / "2")
        assert done.returncode in {0, 70}, done.stderr
        assert b"something went wrong" not in done.stderr
    narrow = subprocess.run(  # noqa: S603  # our own command
        [command, "read", str(tmp_path / "2")],
        capture_output=True, check=False, env={**environment, "PYTHONIOENCODING": "ascii"},
    )  # fmt: skip

    assert narrow.returncode == 0
    assert b"?550 5.1.1 User unknown?" in narrow.stdout
