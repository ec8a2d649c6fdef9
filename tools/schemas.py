"""Write the JSON Schemas of ``--json`` into docs/schema/, one file for each verb.

python tools/schemas.py
"""

import json
from pathlib import Path

from whybounce.wire.schema import schemas

FOLDER = Path(__file__).parent.parent / "docs" / "schema"


def files() -> dict[str, str]:
    """Return each file's text by its name."""
    return {
        f"{verb}.json": json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        for verb, schema in schemas().items()
    }


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in files().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
