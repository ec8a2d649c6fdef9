"""The documents of the configuration and the directory: their tables, examples and numbers are true."""

import importlib.util
import re
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
import trustme

from whybounce.gateway.config import PROFILES, directory_of, read_config

ROOT = Path(__file__).parent.parent.parent


def _tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("configuration", ROOT / "tools/configuration.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["configuration.md", "directory.md", "operating.md"])
def test_the_tables_of_keys_are_those_of_the_shapes(name):
    """Run tools/configuration.py after a change of a key."""
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    tool = _tool()

    assert tool.current(name, text) == text
    assert re.findall(r"<!-- keys of (\w+) -->", text) == [s.__name__ for s in tool.SHAPES[name]]


def test_the_configuration_and_the_directory_that_the_documents_show_can_be_used(tmp_path):
    """As they stand, but for where their files are."""
    shown = {
        name: re.search(
            r"```toml\n(.*?)```", (ROOT / "docs" / f"{name}.md").read_text(), re.DOTALL
        )[1]
        for name in ("configuration", "directory")
    }
    trustme.CA().issue_cert("mail.example.org").private_key_and_cert_chain_pem.write_to_path(
        str(tmp_path / "certificate.pem")
    )
    (tmp_path / "directory.toml").write_text(shown["directory"])
    path = tmp_path / "whybounce.toml"
    path.write_text(shown["configuration"].replace("/etc/whybounce/", ""))
    config = read_config(path, {})

    assert config.limits.message_size == 25 << 20
    assert [each.name for each in directory_of(config).organisation] == ["Example"]


def test_the_numbers_of_the_profile_that_the_document_shows_are_its_own():
    """Each row of the table names a key of the profile's file, and its value."""
    text = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)`, `([\w-]+)` \| (?:`([\w-]+)`|([\d,]+))", text, re.MULTILINE)
    profile = tomllib.loads((PROFILES / "exchange-online.toml").read_text(encoding="utf-8"))

    assert len(rows) == 7
    for table, key, word, number in rows:
        assert profile[table][key] == (word or int(number.replace(",", "")))
