"""docs/web.md cannot lie."""

import inspect
import re
from pathlib import Path

import pytest

from whybounce.catalogue import catalogue
from whybounce.web import Settings, checks, intake, serving
from whybounce.web.noticing import languages
from whybounce.web.problems import KEYS
from whybounce.wording import Speaker

DOCS = Path(__file__).parents[2] / "docs"
GUIDE = (DOCS / "web.md").read_text(encoding="utf-8")


def test_the_pages_in_the_guide_are_there(client):
    """Each address of the table."""
    paths = re.findall(r"^\| `(/[^`]*)` \|", GUIDE, re.MULTILINE)

    assert len(paths) == 8
    assert [client.get(path).status_code for path in paths] == [200] * 8


@pytest.mark.parametrize("code", re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL))
def test_the_python_in_the_guide_runs(code):
    """As it stands."""
    exec(code, {"__name__": "guide"})  # noqa: S102  # our own document


def test_the_bounds_in_the_guide_are_those_of_the_code():
    """Each row of the table."""
    given = inspect.signature(Settings).parameters
    rows = dict(re.findall(r"^\| ([^|]+?) \| (\d+)[^|]*\|$", GUIDE, re.MULTILINE))
    bounds = (
        intake.MOST_OCTETS // 1024**2,
        intake._MOST_LARGE_OF_ONE,  # noqa: SLF001  # it is ours
        intake._MOST_LARGE,  # noqa: SLF001  # likewise
        int(given["seconds"].default),
        given["waiting"].default,
        checks.MOST_A_MINUTE,
        checks.MOST_AT_ONCE,
        serving.LONGEST_HEADER // 1024,
        serving._MOST_CONNECTIONS,  # noqa: SLF001  # likewise
    )

    assert tuple(map(int, rows.values())) == bounds
    assert f"more than {intake._LARGE // 1024} kB" in GUIDE  # noqa: SLF001  # likewise


def test_the_number_of_languages_is_right():
    """Nine."""
    assert len(languages()) == 9
    assert "in nine languages" in GUIDE


def test_the_pictures_are_there_and_small():
    """Run tools/web_pictures.py after a change of looks."""
    named = set(re.findall(r"\(pictures/([\w-]+\.png)\)", GUIDE))
    there = {path.name: path.stat().st_size for path in (DOCS / "pictures").glob("web-*.png")}

    assert named == set(there)
    assert all(size < 150_000 for size in there.values())


@pytest.mark.parametrize("key", KEYS)
def test_every_problem_has_its_words(key):
    """What is wrong, and what to do."""
    say = Speaker(catalogue()).page

    assert all(say(f"problem.{key}.{part}") for part in ("title", "what", "do"))
