"""Bring codes/iana.toml up to IANA's registry, keeping what each code means here.

    python tools/registry.py smtp-enhanced-status-codes-3.csv

The file is the registry's own export of the enumerated status codes (RFC 5248), with the columns
Code and Sample Text. New codes are written without a cause, which the loader then asks for.
"""

import csv
import json
import sys
import tomllib
from pathlib import Path

from whybounce.catalogue import FOLDER

REGISTRY = FOLDER / "codes" / "iana.toml"
HEAD = (
    "# IANA's registry of SMTP enhanced status codes (RFC 5248), and the cause each means here.\n"
    "# X stands for the class: 2, 4 or 5.\n"
)


def renewed(export: Path, known: dict[str, str]) -> str:
    """Return the TOML of the exported registry, with the causes that are known."""
    with export.open(encoding="utf-8", newline="") as file:
        rows = [(row["Code"].strip(), row["Sample Text"].strip()) for row in csv.DictReader(file)]
    tables = [
        f'[[code]]\ncode = "{code}"\nname = {json.dumps(name)}\ncause = "{known.get(code, "")}"\n'
        for code, name in rows
    ]
    return "\n".join([HEAD, *tables])


def main(arguments: list[str]) -> int:
    """Rewrite the file; name the codes that are new."""
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    rows = tomllib.loads(REGISTRY.read_text(encoding="utf-8"))["code"]
    known = {row["code"]: row["cause"] for row in rows}
    REGISTRY.write_text(renewed(Path(arguments[0]), known), encoding="utf-8")
    new = [row for row in tomllib.loads(REGISTRY.read_text())["code"] if not row["cause"]]
    for row in new:
        print(f"{row['code']} {row['name']}: give it a cause")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
