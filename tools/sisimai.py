"""Write the table of reasons in docs/sisimai.md anew, from benchmarks/sisimai_reasons.toml.

python tools/sisimai.py
"""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import whybounce
from whybounce.vocabulary.cause import Reason

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "sisimai.md"
_TABLES = re.compile(r"(<!-- (there|here): [^\n]* -->\n).*?(?=<!-- end -->)", re.DOTALL)


def current(page: str) -> str:
    """Return the page with its tables as they are now."""
    tables = {"there": _labels(), "here": _reasons()}
    return _TABLES.sub(lambda found: f"{found[1]}\n{tables[found[2]]}\n", page)


def _labels() -> str:
    """Return Sisimai's reasons, and what they are called here."""
    rows = [
        f"| `{name}` | {_names(label.here) or 'whatever the words say'} | {label.why} |"
        for name, label in _mapping().labels().items()
    ]
    return "\n".join(["| Sisimai | here | |", "|---|---|---|", *rows, ""])


def _reasons() -> str:
    """Return our reasons with the causes that carry them."""
    causes = whybounce.causes().values()
    rows = []
    for reason in Reason:
        carried = [
            f"[{cause.id}](causes/{cause.id}.md)" for cause in causes if cause.reason is reason
        ]
        if carried:
            rows.append(f"| `{reason}` | {', '.join(carried)} |")
    return "\n".join(["| reason | causes |", "|---|---|", *rows, ""])


def _names(reasons: tuple[Reason, ...]) -> str:
    return ", ".join(f"`{reason}`" for reason in reasons)


def _mapping() -> ModuleType:
    file = ROOT / "benchmarks" / "sisimai_reasons.py"
    spec = importlib.util.spec_from_file_location("sisimai_reasons", file)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{file} is not there")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    PAGE.write_text(current(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
