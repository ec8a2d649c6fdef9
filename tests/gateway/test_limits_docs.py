"""The document of the limits: every key, its numbers, what is said, and a test that is there."""

import os
import re
from pathlib import Path

import pytest
from msgspec.structs import fields

from whybounce.catalogue import catalogue
from whybounce.gateway.config import Config, read_config
from whybounce.gateway.limits import Limits
from whybounce.gateway.smtp.server import answers

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")
ROWS = {
    key: (default, online, said, held)
    for key, default, online, said, held in re.findall(
        r"^\| `([a-z0-9-]+)` \| (.*?) \| (.*?) \| (.*?) \|(?: `(.*?)`)? \|$", GUIDE, re.MULTILINE
    )
}


def test_every_limit_has_a_row_with_its_numbers(tmp_path):
    file = tmp_path / "whybounce.toml"
    file.write_text('[server]\nprofile = "exchange-online"\n')
    online = read_config(file, {}).limits
    there = {
        each.encode_name: (str(each.default), str(getattr(online, each.name)))
        for each in fields(Limits)
    }

    assert {key: row[:2] for key, row in ROWS.items()} == there


@pytest.mark.parametrize("key", ROWS)
def test_the_test_that_holds_it_is_there(key):
    held = ROWS[key][3]

    assert held
    assert (ROOT / held).exists()


@pytest.mark.parametrize("key", ROWS)
def test_what_is_said_is_what_is_said(key):
    """By the cause that is named behind it, or by the dialogue itself."""
    said = ROWS[key][2]
    ours = {
        f"{answer.reply.code} {answer.reply.status}"
        for answer in vars(answers).values()
        if isinstance(answer, answers.Answer)
    }
    for numbers, cause in re.findall(r"`(\d{3} [\d.]+)`(?: \[([a-z0-9-]+)\])?", said):
        replies = catalogue().causes[cause].replies if cause else ()
        forms = {f"{form.code} {form.status}" for form in replies}
        assert numbers in (forms if cause else ours)


def test_the_configuration_that_it_shows_can_be_used(tmp_path):
    file = tmp_path / "whybounce.toml"
    file.write_text(re.search(r"```toml\n(.*?)```", GUIDE, re.DOTALL)[1])

    assert isinstance(read_config(file, dict(os.environ)), Config)
