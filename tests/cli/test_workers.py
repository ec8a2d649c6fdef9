"""Several processes, one order."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

import whybounce
from whybounce.cli import workers
from whybounce.cli.answering import Asked, Code
from whybounce.cli.workers import WorkersDieError, in_order
from whybounce.sources import Mail

JSON = Asked("json")


def found(count: int) -> Iterator[Mail]:
    """Yield mails, some of them large."""
    for number in range(count):
        body = b"x" * 400_000 if number % 50 == 3 else b"words"
        yield Mail(str(number), b"Subject: mail\n\n" + body)


class Poison(Mail, frozen=True):
    """A mail that ends the process that takes it."""

    def __reduce__(self) -> tuple[object, tuple[int]]:
        return os._exit, (9,)


def sources(answers) -> list[str]:
    """Return where the answers' mails stand."""
    return [msgspec.json.decode(answer.part)["source"] for answer in answers]


def test_the_answers_come_in_the_order_of_the_mails():
    """The same as from one process, byte for byte."""
    assert list(in_order(found(400), JSON, 3)) == list(in_order(found(400), JSON, 1))


def test_a_few_mails_need_no_other_process(monkeypatch):
    """They are answered before one has started."""
    monkeypatch.setattr(workers, "_Worker", None)

    assert len(list(in_order(found(10), JSON, 4))) == 10
    assert list(in_order(iter(()), JSON, 4)) == []


def test_a_mail_that_ends_its_process_is_a_row_and_the_others_are_read():
    """All of its batch, in their places."""
    mails = list(found(200))
    mails[70] = Poison("70", b"")
    answers = list(in_order(iter(mails), JSON, 2))

    assert sources(answers) == [str(number) for number in range(200)]
    assert [number for number, answer in enumerate(answers) if answer.code is Code.OUR_FAULT] == [
        70
    ]
    assert "exit code 9" in msgspec.json.decode(answers[70].part)["defects"][0]["what"]


def test_processes_that_all_die_end_the_run(monkeypatch):
    """Rather than being started again for ever."""
    monkeypatch.setattr(workers, "_MOST_DEATHS", 2)
    mails = (Poison(str(number), b"") for number in range(300))

    with pytest.raises(WorkersDieError):
        list(in_order(mails, JSON, 2))


def test_few_mails_wait_however_many_there_are():
    """What is taken ahead does not grow with what there is."""
    taken = 0

    def counted() -> Iterator[Mail]:
        nonlocal taken
        for mail in found(5_000):
            taken += 1
            yield mail

    answers = in_order(counted(), JSON, 2)
    next(answers)
    ahead = taken
    answers.close()

    assert ahead <= 64 * (4 * 2 + 2)


def test_a_mail_nobody_can_answer_is_our_fault_and_a_row(monkeypatch):
    """In this process as in others."""
    monkeypatch.setattr("whybounce.diagnose", lambda *_, **__: 1 // 0)
    (answer,) = in_order(found(1), JSON, 1)

    assert answer.code is Code.OUR_FAULT
    assert "ZeroDivisionError" in msgspec.json.decode(answer.part)["defects"][0]["what"]


def test_nobody_imports_what_lies_in_the_folder(command, environment, tmp_path, bounce):
    """A stranger's attachment that is called like a module of Python's is not run."""
    mail = b"From MAILER-DAEMON Thu Jan  1 00:00:00 2026\n" + bounce() + b"\n"
    (tmp_path / "box").write_bytes(mail * 200)
    for module in ("csv", "html", "pickle", "random", "socket"):
        (tmp_path / f"{module}.py").write_text("open('was-run', 'w').close()")
    done = subprocess.run(  # noqa: S603  # our own command
        [command, "read", "--json", "--jobs", "2", "box"],
        capture_output=True, check=False, cwd=tmp_path, timeout=300,
        env={**environment, "PYTHONPATH": str(Path(whybounce.__file__).parents[1])},
    )  # fmt: skip

    assert (len(done.stdout.splitlines()), done.stderr) == (200, b"")
    assert not (tmp_path / "was-run").exists()
