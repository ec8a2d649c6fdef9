"""The table of conditions, held against the catalogue and the demonstration."""

import re
import tomllib
from pathlib import Path

import msgspec
import pytest

import whybounce
from whybounce.catalogue import catalogue
from whybounce.provoking import conditions
from whybounce.provoking.conditions import FOLDER, Client, ConditionsError, Row, rows
from whybounce.provoking.naming import Conditions

CONDITIONS = Conditions(catalogue())
SEEDS = [(cause.id, seed) for cause in whybounce.causes().values() for seed in cause.seeds]


def test_every_row_is_about_a_cause():
    """A row of another name would never be used; nor would a code that is no such cause's."""
    names = [name.partition("=") for name in rows()]

    assert {cause for cause, _, _ in names} <= set(whybounce.causes())
    assert [
        (cause, code)
        for cause, _, code in names
        if code and code not in {str(form.status) for form in whybounce.causes()[cause].replies}
    ] == []


def test_a_row_for_one_code_needs_no_domain_of_its_own():
    """Domains are named by causes."""
    assert [name for name, row in rows().items() if "=" in name and row.has_domain] == []


def test_every_row_says_how_in_a_sentence_that_goes_on():
    """It is printed behind the cause: small letters first, no full stop."""
    assert [row.how for row in rows().values() if row.how.endswith(".")] == []


def test_every_cause_is_a_condition():
    """All two hundred, from the first day; but for those that are no undelivered message."""
    all_ = CONDITIONS.all()
    covered = {cause for each in all_ for cause in each.causes}

    assert covered == set(whybounce.causes())
    assert {each.causes[0] for each in all_ if each.never} == {"complaint-received", "unknown"}


@pytest.mark.parametrize(("cause", "seed"), SEEDS, ids=[seed for _, seed in SEEDS])
def test_every_code_of_the_table_is_a_condition(cause, seed):
    """By its number, as an address has it, and meaning that very cause beside its name."""
    number = seed.partition(" ")[0].partition("-")[0]
    if not number[0].isdigit():
        assert CONDITIONS.named(cause)
        return
    assert CONDITIONS.named(f"{cause}={number}").causes == (cause,)
    assert CONDITIONS.named(number)


@pytest.mark.parametrize(
    "name", ["", "nonsense", "5.1", "mailbox-full=", "nonsense=5.1.1", "9.9.9"]
)
def test_what_is_neither_a_cause_nor_a_code_is_no_condition(name):
    """It is answered, not guessed."""
    assert CONDITIONS.named(name) is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('[null-mx]\nhow = "by a null MX record"\nnmae = 1\n', "unknown field `nmae`"),
        ('[null-mx]\ntrouble = "servfail"\n', "missing required field `how`"),
        ('[null-mx]\nhow = "the DNS is in trouble"\ntrouble = "tired"\n', "tired"),
    ],
)
def test_a_row_that_cannot_be_used_is_named(tmp_path, monkeypatch, content, said):
    """The file, and what is wrong in it."""
    (tmp_path / "mine.toml").write_text(content)
    monkeypatch.setattr(conditions, "FOLDER", tmp_path)

    with pytest.raises(ConditionsError, match=said) as raised:
        rows.__wrapped__()
    assert str(raised.value).startswith("mine.toml: ")


def test_a_cause_stands_in_one_file(tmp_path, monkeypatch):
    """Two families cannot both know."""
    for name in ("a.toml", "b.toml"):
        (tmp_path / name).write_text('[null-mx]\nhow = "by a null MX record"\n')
    monkeypatch.setattr(conditions, "FOLDER", tmp_path)

    with pytest.raises(ConditionsError, match=r"b\.toml: null-mx"):
        rows.__wrapped__()


def test_the_files_are_families():
    """They are all read, wherever a row is added."""
    assert {file.stem for file in FOLDER.iterdir()} >= {"gateway", "replies", "routes"}


def test_the_rows_that_contributing_shows_are_in_the_table():
    """The examples are real ones."""
    text = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")
    shown = re.search(r"```toml\n(\[unable-to-relay\].*?)```", text, re.DOTALL)[1]

    assert msgspec.convert(tomllib.loads(shown), dict[str, Row]).items() <= rows().items()


def test_contributing_names_every_key():
    """A key that nobody is told of is never used."""
    text = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")
    keys = {name for table in (Row, Client) for name in table.__struct_encode_fields__}

    assert {key for key in keys if f"`{key}`" not in text} <= {
        "how", "never", "recipient", "password", "declares"
    }  # fmt: skip
