"""Mail put into a Maildir so that a crash at any moment leaves it whole or not there."""

import asyncio
import errno
import os
import stat
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from whybounce.gateway.delivery import maildir
from whybounce.gateway.delivery.destinations import Maildir
from whybounce.gateway.delivery.maildir import Delivering, deliver, unique_name
from whybounce.gateway.store import CorruptBodyError

BODY = b"Subject: Minutes\r\n\r\nSee below.\r\n"
DELIVERING = Delivering("anna@example.net", "ben@example.org", "1.Q7N0R00000001.host")


async def pieces(octets: bytes = BODY, size: int = 3) -> AsyncIterator[bytes]:
    """Yield the message in pieces."""
    for start in range(0, len(octets), size):
        yield octets[start : start + size]


def files_in(folder: Path) -> list[Path]:
    """Return all files below the folder."""
    return [file for file in folder.rglob("*") if file.is_file()]


async def test_the_message_lies_in_new_with_the_envelope_on_top(tmp_path: Path):
    """RFC 5321 §4.4: the return path; line ends as files have them; for its owner only."""
    said = await deliver(Maildir(tmp_path / "ben"), pieces(), len(BODY), DELIVERING)

    file = tmp_path / "ben" / "new" / DELIVERING.name
    assert said is None
    assert file.read_bytes() == (
        b"Return-Path: <anna@example.net>\nDelivered-To: ben@example.org\n"
        b"Subject: Minutes\n\nSee below.\n"
    )
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list((tmp_path / "ben" / "tmp").iterdir()) == []


async def test_it_is_synced_before_it_is_seen_and_the_folder_after(tmp_path: Path, monkeypatch):
    """The three folders it makes, then file, rename, folder: in this order it survives a crash."""
    done = []
    fsync, rename = os.fsync, Path.rename

    def noted_fsync(descriptor: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        done.append("sync folder" if is_folder else "sync file")
        fsync(descriptor)

    def noted_rename(self: Path, target: Path) -> Path:
        done.append("rename")
        return rename(self, target)

    monkeypatch.setattr(maildir.os, "fsync", noted_fsync)
    monkeypatch.setattr(Path, "rename", noted_rename)
    await deliver(Maildir(tmp_path), pieces(), len(BODY), DELIVERING)

    assert done == [*["sync folder"] * 3, "sync file", "rename", "sync folder"]


async def test_over_quota_is_a_full_mailbox(tmp_path: Path):
    """5.2.2; what fits still fits."""
    box = Maildir(tmp_path, quota=200)
    first = await deliver(box, pieces(), len(BODY), DELIVERING)
    second = await deliver(
        box, pieces(), len(BODY), Delivering("", "ben@example.org", "2.Q7N0R2.host")
    )

    assert first is None
    assert second is None or second.cause == "mailbox-full"
    third = await deliver(box, pieces(), 150, Delivering("", "ben@example.org", "3.Q7N0R3.host"))
    assert third is not None
    assert (third.cause, third.permanent) == ("mailbox-full", True)
    assert "of 200 octets are used" in third.evidence


async def test_a_full_disk_puts_the_mail_off_and_leaves_nothing_behind(tmp_path: Path, monkeypatch):
    """The mailbox's folder is as before."""

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, f"No space left on device: {descriptor}")

    monkeypatch.setattr(maildir.os, "fsync", full)
    said = await deliver(Maildir(tmp_path), pieces(), len(BODY), DELIVERING)

    assert said is not None
    assert (said.cause, said.permanent) == ("local-delivery-failed", False)
    assert "the disk is full" in said.evidence
    assert files_in(tmp_path) == []


async def test_a_folder_that_cannot_be_made_puts_the_mail_off(tmp_path: Path):
    """It is a file."""
    (tmp_path / "ben").write_text("not a folder")

    said = await deliver(Maildir(tmp_path / "ben"), pieces(), len(BODY), DELIVERING)

    assert said is not None
    assert said.cause == "local-delivery-failed"
    assert str(tmp_path / "ben") in said.evidence


async def test_a_damaged_message_is_not_delivered_by_half(tmp_path: Path):
    """What reading raises passes through, and nothing is in the mailbox."""

    async def damaged() -> AsyncIterator[bytes]:
        yield BODY[:5]
        raise CorruptBodyError("7", "checksum")

    with pytest.raises(CorruptBodyError):
        await deliver(Maildir(tmp_path), damaged(), len(BODY), DELIVERING)

    assert files_in(tmp_path) == []


async def test_a_line_end_cut_in_two_is_still_one(tmp_path: Path):
    """However the pieces fall."""
    for size in range(1, len(BODY)):
        name = f"{size}.Q7N0R0.host"
        await deliver(
            Maildir(tmp_path), pieces(size=size), len(BODY), Delivering("", "b@example.org", name)
        )
        written = (tmp_path / "new" / name).read_bytes()
        assert written.endswith(b"Subject: Minutes\n\nSee below.\n")


@given(st.text(max_size=40))
def test_no_host_name_leads_out_of_the_folder(host):
    """Slash and colon are written as numbers, as Maildirs do."""
    name = unique_name(seconds=1.5, message="01JD", number=3, chance=7, host=host)

    assert "/" not in name
    assert ":" not in name
    assert name.startswith("1.Q01JDN3R00000007.")


@dataclass
class Slow:
    """Something a thread does, which begins and then waits until it may go on."""

    act: Callable
    begun: threading.Event = field(default_factory=threading.Event)
    may_go_on: threading.Event = field(default_factory=threading.Event)

    def __call__(self, *given: object) -> object:
        """Do it, later."""
        self.begun.set()
        assert self.may_go_on.wait(60)
        return self.act(*given)

    async def cut_off(self, delivering: asyncio.Task) -> None:
        """Cancel the delivery while the thread is at it, and let that come to its end."""
        assert await asyncio.to_thread(self.begun.wait, 60)
        delivering.cancel()
        await asyncio.sleep(0)
        self.may_go_on.set()


async def test_who_is_cut_off_while_its_file_is_made_leaves_none(tmp_path: Path, monkeypatch):
    """The thread goes on: what it makes is removed after that, and not before."""
    slow = Slow(maildir._create)  # noqa: SLF001  # what the thread does
    monkeypatch.setattr(maildir, "_create", slow)
    delivering = asyncio.create_task(deliver(Maildir(tmp_path), pieces(), len(BODY), DELIVERING))
    await slow.cut_off(delivering)
    with pytest.raises(asyncio.CancelledError):
        await delivering

    assert files_in(tmp_path) == []


async def test_what_is_in_the_mailbox_counts_though_it_was_to_be_cut_off(
    tmp_path: Path, monkeypatch
):
    """Else it would be given back, and lie there twice."""
    slow = Slow(maildir._finish)  # noqa: SLF001  # likewise
    monkeypatch.setattr(maildir, "_finish", slow)
    delivering = asyncio.create_task(deliver(Maildir(tmp_path), pieces(), len(BODY), DELIVERING))
    await slow.cut_off(delivering)

    assert await delivering is None
    assert [file.parent.name for file in files_in(tmp_path)] == ["new"]
