"""The build hook: a wheel carries the catalogue compiled into one file."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompileCatalogue(BuildHookInterface):  # type: ignore[type-arg]  # hatchling's own config type
    """Compile the TOML files before the wheel is packed. An editable install needs none of it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the compiled file and have it packed."""
        if version == "editable":
            return
        sys.path.insert(0, str(Path(self.root) / "src"))
        from whybounce.catalogue import FOLDER  # noqa: PLC0415  # the path is set just above
        from whybounce.catalogue.compiled import compile_catalogue  # noqa: PLC0415

        compiled = compile_catalogue(FOLDER)
        build_data["artifacts"].append(str(compiled.relative_to(self.root)))
