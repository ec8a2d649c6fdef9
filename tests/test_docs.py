"""Documents that cannot lie: what they show is run, what they list is there."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from typer.main import get_command

import whybounce
from notices import ORIGINAL, diagnosed, failed, text_of
from whybounce.catalogue import FOLDER, catalogue, load_overlay
from whybounce.checking.message import LONGEST_HEADER, MOST_ARC_SETS, MOST_SIGNATURES
from whybounce.checking.targets import BUILT
from whybounce.cli import app
from whybounce.cli.answers.table import COLUMNS
from whybounce.sources import stream
from whybounce.sources.single import LONGEST_MAIL
from whybounce.wording import PLACEHOLDERS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
GUIDE = (ROOT / "docs" / "read.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")


def _tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("document", _tool("readme").DOCUMENTS, ids=lambda path: path.name)
def test_the_answers_in_a_document_are_what_is_printed(document):
    """Run tools/readme.py after a change of words."""
    text = document.read_text(encoding="utf-8")

    assert _tool("readme").current(text) == text


@pytest.mark.parametrize("code", re.findall(r"```python\n(.*?)```", README, re.DOTALL))
def test_the_readmes_python_runs(code, capsys):
    """Every block, as it stands."""
    exec(code, {})  # noqa: S102  # it is our own document

    assert capsys.readouterr().out


def test_the_readmes_numbers_are_the_catalogues():
    """Causes, mail systems, and the readings of the most overloaded code."""
    systems = {rule.system for rule in catalogue().rules}
    readings = whybounce.explain("5.7.1").alternatives

    assert f"{len(whybounce.causes())} causes" in README
    assert f"lists the {len(whybounce.causes())} causes" in (ROOT / "CHANGELOG.md").read_text()
    assert 65 <= len(systems) <= 85, "README says some seventy mail systems"
    assert "some seventy other" in README.replace("\n", " ")
    assert 1 + len(readings) == 9, "README says nine things"


def test_the_docstring_example_of_the_package_holds():
    """What help(whybounce) shows is true."""
    explanation = whybounce.explain("550 5.7.1 Unable to relay")

    assert (explanation.cause, explanation.owner.value) == ("unable-to-relay", "sender-admin")


def test_every_cause_has_its_page_and_every_page_its_cause():
    """Run tools/cause_pages.py after a change of the catalogue."""
    built = _tool("cause_pages").pages(catalogue())
    there = {path.name: path.read_text("utf-8") for path in (ROOT / "docs/causes").glob("*.md")}

    assert set(built) == set(there)
    assert [name for name in built if built[name] != there[name]] == []


def test_the_rule_that_contributing_shows_is_in_the_catalogue():
    """The example is a real one."""
    shown = re.search(r"\[\[reply\]\]\n(id = \"(.*?)\".*?)```", CONTRIBUTING, re.DOTALL)
    rule = next(rule for rule in catalogue().rules if rule.id == shown[2])

    assert f"pattern = '{rule.pattern}'" in shown[1]
    assert f'cause = "{rule.cause}"' in shown[1]
    assert rule.seen[0] in shown[1]


def test_contributing_names_every_placeholder():
    """The closed set."""
    assert all(f"{{{name}}}" in CONTRIBUTING for name in PLACEHOLDERS)


def test_architecture_lists_the_packages_there_are():
    """No more and no fewer."""
    listed = set(re.findall(r"^\| `(\w+)` \|", ARCHITECTURE, re.MULTILINE))
    there = {path.stem for path in FOLDER.parent.iterdir() if not path.name.startswith("_")}

    assert there - {"py"} == listed


CHECKS = (ROOT / "docs" / "check.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("code", re.findall(r"```python\n(.*?)```", CHECKS, re.DOTALL))
def test_the_python_about_checks_runs(code, capsys):
    """As it stands; where no resolver is, everything is unknown, and that is said too."""
    exec(code, {})  # noqa: S102  # it is our own document

    assert capsys.readouterr().out


def test_the_checks_that_are_listed_are_those_there_are():
    """In their order, with the question each asks."""
    words = catalogue().checks["en"]
    listed = re.findall(r"^\| `([a-z0-9-]+)` \| (.*) \|$", CHECKS, re.MULTILINE)

    assert listed == [(check.value, words[check].question) for check in BUILT]


def test_the_bounds_of_a_message_are_those_that_hold():
    """As the document has them."""
    assert f"{LONGEST_HEADER:,} octets" in CHECKS
    assert f"the uppermost {MOST_SIGNATURES} " in CHECKS
    assert f"| ARC sets | {MOST_ARC_SETS} |" in CHECKS


NDR = (ROOT / "docs" / "ndr.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("code", re.findall(r"```python\n(.*?)```", NDR, re.DOTALL))
def test_the_python_about_ndrs_runs(code):
    """As it stands."""
    exec(code, {})  # noqa: S102  # it is our own document


@pytest.mark.parametrize("line", re.findall(r"^\$ (.*)$", NDR, re.MULTILINE))
def test_the_commands_about_ndrs_run(line, tmp_path):
    """Each line, in a folder with the two mails that it names."""
    bounce = whybounce.write(diagnosed(failed()), original=ORIGINAL)
    (tmp_path / "mail.eml").write_bytes(ORIGINAL)
    (tmp_path / "bounce.eml").write_bytes(bounce)
    here = re.sub(r"\b(?:mail|bounce|ndr)\.(?:eml|html)\b", rf"{tmp_path}/\g<0>", line)
    here = here.replace("--words our-words", f"--words {_own_words(tmp_path)}")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(  # noqa: S602  # our own document's line, with its pipes
        here, shell=True, env={**os.environ, "PATH": path}, capture_output=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, b"")
    assert any((tmp_path / name).exists() for name in ("ndr.eml", "ndr.html"))


def _own_words(folder: Path) -> Path:
    """Write the files that the document shows, each under the name it gives them."""
    for name, content in re.findall(
        r"In `(our-words/[^`]+)`:\n\n```toml\n(.*?)```", NDR, re.DOTALL
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return folder / "our-words"


def test_words_of_ones_own_stand_in_the_ndr(tmp_path):
    """All that the document's folder holds, and the refusal it shows."""
    folder = _own_words(tmp_path)
    text = text_of(whybounce.write(diagnosed(failed()), original=ORIGINAL, own_words=folder))
    notice = folder / "en" / "notice.toml"
    notice.write_text(notice.read_text().replace("admins", "admin"))
    with pytest.raises(whybounce.CatalogueError) as refused:
        load_overlay(folder, catalogue())

    assert "Questions? the help desk, telephone 4711, help@alpine.example" in text
    assert "https://help.alpine.example/wrong-address" in text
    assert "For our post room\n-----------------\n" in text
    assert "Nobody has this address\n" in text
    assert "1. Look anna@example.org up in our directory, or ask the help desk." in text
    assert str(refused.value) in NDR


def test_the_languages_of_ndrs_are_those_there_are():
    """A new folder of words is told of."""
    named = {
        "English": "en", "German": "de", "French": "fr", "Spanish": "es", "Italian": "it",
        "Portuguese": "pt", "Dutch": "nl", "Japanese": "ja", "Arabic": "ar",
    }  # fmt: skip

    assert {code for name, code in named.items() if name in NDR} == set(catalogue().frames)


def test_the_pictures_of_ndrs_are_there_and_small():
    """Run tools/ndr_pictures.py after a change of looks."""
    named = set(re.findall(r"\(pictures/([\w-]+\.png)\)", NDR))
    there = {path.name: path.stat().st_size for path in (ROOT / "docs/pictures").glob("ndr-*.png")}

    assert named == set(there)
    assert all(size < 150_000 for size in there.values())


def test_the_guide_to_encryption_names_the_codes_that_causes_have():
    """Each row's codes are forms of the row's cause: while it is tried, and at the end."""
    rows = re.findall(
        r"^\| ([\d., ]+) \| `([a-z-]+)` \|", (ROOT / "docs/encryption.md").read_text(), re.MULTILINE
    )

    assert len(rows) == 8
    for codes, cause in rows:
        forms = [str(form.status) for form in catalogue().causes[cause].replies]
        assert forms == codes.split(", ")


def test_the_guide_to_reading_lists_the_options_there_are():
    """No more and no fewer; --help stands on its own."""
    command = get_command(app).commands["read"]
    there = {
        option for parameter in command.params for option in parameter.opts if option[0] == "-"
    }
    rows = re.search(r"## Options\n\n(.*?)\n\n", GUIDE, re.DOTALL)[1]
    listed = set(re.findall(r"(?<=`)(--?[a-z]+)", rows.replace("`--help`", "")))

    assert there - {"--help", "-h"} == listed


def test_the_guide_to_reading_lists_the_columns_there_are():
    """Name, type and order."""
    listed = re.findall(r"^\| `(\w+)` \| (\w+) \|", GUIDE, re.MULTILINE)

    assert [(column.name, column.type.value) for column in COLUMNS] == listed


def test_the_guide_to_reading_says_the_bounds_there_are():
    """As numbers."""
    assert f"of a mail {LONGEST_MAIL // 1024**2} MiB are read" in GUIDE
    assert f"as {stream._MOST_FOR_EACH_BYTE} times its size" in GUIDE.replace("\n", " ")  # noqa: SLF001
    assert f"or {stream._ALWAYS_ALLOWED // 1024**3} GiB" in GUIDE  # noqa: SLF001
