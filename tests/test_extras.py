"""What an extra installs is all that its part of the product imports; a plain install runs the rest."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

_ROOT = Path(__file__).parents[1]
_SOURCE = _ROOT / "src" / "whybounce"
_PROJECT = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
_EXTRAS = _PROJECT["optional-dependencies"]

# Whose extras a package may count on. All others run on a plain install; what the command line
# imports beyond that, it imports inside the commands that say which extra they need.
_NEEDS = {
    "checking": ("check",),
    "web": ("web",),
    "gateway": ("gateway", "postgres"),
    "console": ("gateway", "web"),
    "provoking": ("gateway",),
    "cli": ("gateway", "parquet", "uvloop"),
}
_OURS = sys.stdlib_module_names | {
    "whybounce",
    "whybounce_command",
    "_typeshed",
}  # The last is type checkers' own.
_DISTRIBUTIONS = packages_distributions()
# Parts of another distribution's interface, which cannot be had without it.
_BELONGS_TO = {"markupsafe": "jinja2", "starlette": "fastapi"}


def test_each_package_imports_what_its_extra_installs():
    """``pip install whybounce[check]`` is enough to check, and so on: nothing is there by chance."""
    lacking = {
        f"{path.relative_to(_SOURCE)} imports {module}"
        for path in _SOURCE.rglob("*.py")
        for module in _imported(path)
        if not _comes_with(module, path.relative_to(_SOURCE).parts[0])
    }

    assert not lacking


def _imported(path: Path) -> Iterator[str]:
    """Return the modules of others that a file imports, by their first name."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=names):
                named = [alias.name for alias in names]
            case ast.ImportFrom(module=str(module), level=0):
                named = [module]
            case _:
                continue
        yield from {name.partition(".")[0] for name in named} - _OURS


def _comes_with(module: str, package: str) -> bool:
    installed = _installed_with(None).union(*map(_installed_with, _NEEDS.get(package, ())))
    wanted = [*_DISTRIBUTIONS.get(module, [module]), _BELONGS_TO.get(module, "")]
    return not installed.isdisjoint(name.lower().replace("_", "-") for name in wanted)


def _installed_with(extra: str | None) -> set[str]:
    """Return the distributions that are named for an extra, and by the extras it names."""
    named = set()
    for requirement in _PROJECT["dependencies"] if extra is None else _EXTRAS[extra]:
        if requirement.startswith("whybounce["):
            further = re.findall(r"[a-z]+", requirement.partition("[")[2])
            named |= set().union(*map(_installed_with, further))
        else:
            named.add(re.split(r"[^A-Za-z0-9._-]|>", requirement)[0].lower())
    return named
