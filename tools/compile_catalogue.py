"""Compile the catalogue into one file beside its folders, so that a checkout starts fast.

python tools/compile_catalogue.py [--if-older]
"""

import sys

from whybounce.catalogue import FOLDER
from whybounce.catalogue.compiled import compile_catalogue, read_compiled
from whybounce.catalogue.errors import CatalogueError


def main(arguments: list[str]) -> int:
    """Compile; with --if-older only where a TOML file is newer. Return the exit code."""
    if "--if-older" in arguments and read_compiled(FOLDER) is not None:
        return 0
    try:
        compile_catalogue(FOLDER)
    except CatalogueError as error:
        print(f"catalogue: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
