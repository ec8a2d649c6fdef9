"""A malformed file fails at load, and says which file, which key, and what was expected."""

import os
import shutil
from pathlib import Path

import pytest

from whybounce.catalogue import FOLDER, CatalogueError, UnknownCauseError
from whybounce.catalogue.compiled import compile_catalogue, read_compiled
from whybounce.catalogue.loader import load_catalogue

CAUSE = (FOLDER / "causes" / "mailbox-full.toml").read_text(encoding="utf-8")
RULES = """system = "Test"
[[reply]]
id = "test-rule"
pattern = 'zebra crossing'
cause = "mailbox-full"
seen = ["550 zebra crossing"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the catalogue, in English, that a test may spoil."""
    for part in ("causes", "replies", "codes", "words/en"):
        shutil.copytree(FOLDER / part, tmp_path / part)
    return tmp_path


@pytest.mark.parametrize(
    ("spoiled", "expected"),
    [
        (CAUSE.replace("title =", "titel ="), ["mailbox-full.toml", "titel"]),
        (CAUSE.replace('owner = "recipient"', 'owner = "nobodyy"'), ["owner", "nobodyy"]),
        (CAUSE.replace('codes = ["4.2.2"', 'codes = ["4.2"'), ["codes", "4.2", "5.7.1"]),
        (CAUSE.replace('codes = ["4.2.2"', 'codes = ["4.2.9-3"'), ["codes", "5.7.606-649"]),
        (CAUSE.replace("what = ", "what = 3 # "), ["mailbox-full.toml"]),
        ("title = 'open", ["mailbox-full.toml", "not TOML"]),
    ],
    ids=["unknown-key", "not-a-role", "not-a-code", "not-a-range", "not-a-text", "not-toml"],
)
def test_a_malformed_cause_names_file_key_and_need(folder, spoiled, expected):
    """The person who edits the file is told what to mend."""
    (folder / "causes" / "mailbox-full.toml").write_text(spoiled, encoding="utf-8")

    with pytest.raises(CatalogueError) as caught:
        load_catalogue(folder)

    assert all(word in str(caught.value) for word in expected), caught.value


@pytest.mark.parametrize(
    ("spoiled", "expected"),
    [
        (RULES.replace("mailbox-full", "mailbox-ful"), ["test-rule", "mailbox-ful", "causes/"]),
        (RULES.replace("zebra crossing'", "zebra (crossing'"), ["test-rule", "pattern"]),
        (RULES.replace("zebra crossing'", "zebra .* crossing'"), ["test-rule", ".{0,80}"]),
        (RULES.replace("zebra crossing'", "Zebra crossing'"), ["test-rule", "lower case"]),
        (RULES.replace("zebra crossing'", "zebra(?:s{1,5} ?){3} crossing'"), ["repeat inside"]),
        (RULES.replace("'zebra crossing'", "'zebra.?'"), ["test-rule", "whole word"]),
        (
            RULES.replace('seen = ["550 zebra crossing"]', "seen = []"),
            ["test.toml", "test-rule", "seen"],
        ),
        (RULES.replace('seen = ["550 zebra crossing"]', ""), ["test.toml", "seen"]),
        (RULES + RULES.partition("\n")[2], ["test-rule", "twice"]),
    ],
    ids=[
        "unknown-cause",
        "not-a-pattern",
        "unbounded-gap",
        "upper-case",
        "nested-repeat",
        "no-whole-word",
        "empty-seen",
        "no-seen",
        "id-twice",
    ],
)
def test_a_malformed_rule_names_itself_and_the_need(folder, spoiled, expected):
    """A pattern that could not be found, or could take long, never gets in."""
    (folder / "replies" / "test.toml").write_text(spoiled, encoding="utf-8")

    with pytest.raises(CatalogueError) as caught:
        load_catalogue(folder)

    assert all(word in str(caught.value) for word in expected), caught.value


@pytest.mark.parametrize(
    ("line", "spoiled", "expected"),
    [
        ("[note.loop]", "[note.lop]", ["en/notes.toml", "lop"]),
        ("[note.loop]\nwhat", "[note.loop]\nwhta", ["en/notes.toml", "whta"]),
        ("refuser-must-act =", "refuser-mus-act =", ["en/notes.toml", "refuser-mus-act"]),
    ],
    ids=["unknown-note", "unknown-key", "unknown-meaning"],
)
def test_a_malformed_note_names_file_and_key(folder, line, spoiled, expected):
    """A sentence that nothing would ever say is an error."""
    file = folder / "words" / "en" / "notes.toml"
    file.write_text(file.read_text("utf-8").replace(line, spoiled), encoding="utf-8")

    with pytest.raises(CatalogueError) as caught:
        load_catalogue(folder)

    assert all(word in str(caught.value) for word in expected), caught.value


def test_a_rule_without_its_cause_is_an_error_of_its_own(folder):
    """The error carries the cause that is missing."""
    (folder / "replies" / "test.toml").write_text(RULES.replace("mailbox-full", "gone"))

    with pytest.raises(UnknownCauseError) as caught:
        load_catalogue(folder)

    assert caught.value.cause == "gone"


def test_a_code_claimed_twice_must_be_a_listed_collision(folder):
    """Two causes cannot quietly mean the same number."""
    spoiled = CAUSE.replace('codes = ["4.2.2"', 'codes = ["5.7.64", "4.2.2"')
    (folder / "causes" / "mailbox-full.toml").write_text(spoiled, encoding="utf-8")

    with pytest.raises(CatalogueError, match=r"5\.7\.64 is also claimed by"):
        load_catalogue(folder)


def test_a_compiled_catalogue_is_used_only_while_it_is_newest(folder):
    """An edited TOML file is seen at once, compiled or not."""
    assert read_compiled(folder) is None
    target = compile_catalogue(folder)
    assert read_compiled(folder) is not None

    later = target.stat().st_mtime_ns + 1_000_000_000
    edited = folder / "causes" / "mailbox-full.toml"

    os.utime(edited, ns=(later, later))

    assert read_compiled(folder) is None


def test_a_broken_compiled_file_is_no_obstacle(folder):
    """Half a file is as good as none: the TOML still holds."""
    target = compile_catalogue(folder)
    target.write_bytes(target.read_bytes()[:1000])

    assert read_compiled(folder) is None
