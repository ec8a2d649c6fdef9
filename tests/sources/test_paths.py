"""Files, folders, Maildirs and standard input."""

import io
import os
import socket
import sys
from pathlib import Path

import pytest

from whybounce.sources import mails

MAIL = b"Subject: words\n\nwords\n"


def found(*paths: object) -> dict[str, bytes | None]:
    """Return what stands at the paths, by source."""
    return {mail.source: mail.raw for mail in mails([str(path) for path in paths])}


def what(*paths: object) -> dict[str, str]:
    """Return what is wrong, by source."""
    return {
        mail.source: mail.defects[0].what for mail in mails([str(p) for p in paths]) if mail.defects
    }


def test_a_folder_is_read_recursively_in_the_order_of_names(tmp_path):
    """Whatever the files are called."""
    (tmp_path / "b").mkdir()
    for name in ("c.eml", "a", "b/x.txt", ".hidden"):
        (tmp_path / name).write_bytes(MAIL)

    sources = [mail.source for mail in mails([str(tmp_path)])]

    assert sources == [str(tmp_path / name) for name in (".hidden", "a", "b/x.txt", "c.eml")]


def test_a_maildir_is_its_cur_and_new_and_those_of_its_folders(tmp_path):
    """Not tmp, where mails are still being written, and not the server's own files."""
    for folder in ("cur", "new", "tmp", ".Bounces/cur", ".Bounces/new", ".Bounces/tmp"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "1:2,S").write_bytes(MAIL)
    (tmp_path / "dovecot-uidlist").write_bytes(b"3 V1")

    assert set(found(tmp_path)) == {
        str(tmp_path / name) for name in ("cur/1:2,S", "new/1:2,S", ".Bounces/cur/1:2,S", ".Bounces/new/1:2,S")
    }  # fmt: skip


def test_standard_input_is_one_mail_or_an_mbox(monkeypatch):
    """Its source is a hyphen."""
    for given, sources in ((MAIL, ["-"]), ((b"From a 1:00\n" + MAIL) * 2, ["-#1", "-#2"])):
        stdin = io.TextIOWrapper(io.BufferedReader(io.BytesIO(given)))
        monkeypatch.setattr(sys, "stdin", stdin)

        assert list(found("-")) == sources


def test_what_is_no_file_is_a_row_and_the_run_goes_on(tmp_path, monkeypatch):
    """A pipe would wait for ever, a link may lead nowhere."""
    monkeypatch.chdir(tmp_path)  # A socket's path must be short.
    os.mkfifo("pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
    (tmp_path / "nowhere").symlink_to("missing")
    (tmp_path / "itself").symlink_to("itself")
    (tmp_path / "z.eml").write_bytes(MAIL)

    assert found(".")["./z.eml"] == MAIL
    assert what(".") == {
        "./pipe": "not a file: a pipe, a socket or a device",
        "./socket": "not a file: a pipe, a socket or a device",
        "./nowhere": "no such file or folder",
        "./itself": "cannot be opened: Too many levels of symbolic links",
    }


def test_links_that_lead_in_circles_end(tmp_path):
    """Each folder is entered once."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "mail").write_bytes(MAIL)
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "b").symlink_to(tmp_path / "a")

    assert [source for source, raw in found(tmp_path).items() if raw] == [str(tmp_path / "a/mail")]
    assert what(tmp_path) == {
        str(tmp_path / "a/up"): "a link to a folder that was read already",
        str(tmp_path / "b"): "a link to a folder that was read already",
    }


def test_an_empty_folder_and_a_missing_path_say_so(tmp_path):
    """In one row each."""
    assert what(tmp_path, tmp_path / "missing") == {
        str(tmp_path): "no mail in this folder",
        str(tmp_path / "missing"): "no such file or folder",
    }


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_a_file_that_may_not_be_read_says_so(tmp_path):
    """In the system's own words."""
    (tmp_path / "locked").write_bytes(MAIL)
    (tmp_path / "locked").chmod(0)

    assert what(tmp_path) == {str(tmp_path / "locked"): "cannot be opened: Permission denied"}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have names in Unicode only")
def test_a_name_in_another_encoding_can_be_shown(tmp_path):
    """Its bytes stand as they would in a string literal."""
    path = os.fsencode(tmp_path) + b"/caf\xe9.eml"
    with open(path, "wb") as file:  # noqa: PTH123  # a Path cannot be made of bytes
        file.write(MAIL)

    assert found(tmp_path) == {f"{tmp_path}/caf\\xe9.eml": MAIL}


@pytest.fixture
def deep_folder(tmp_path, monkeypatch):
    """Return a folder with a mail 1,200 folders below it."""
    monkeypatch.chdir(tmp_path)
    deep = 1_200  # More than calls may be nested; the path is too long to be named as a whole.
    for _ in range(deep):
        Path("d").mkdir()
        os.chdir("d")
    Path("mail").write_bytes(MAIL)
    os.chdir(tmp_path)
    yield tmp_path
    for _ in range(deep):
        os.chdir("d")
    Path("mail").unlink()
    for _ in range(deep):
        os.chdir("..")
        Path("d").rmdir()


def test_folders_may_be_nested_deeper_than_calls_may(deep_folder):
    """How deep it goes is a stranger's choice."""
    assert list(found(deep_folder).values()) == [MAIL]
