"""The file of ``--output``: written beside, and given its name once it is whole.

Rule 1: a run that fails leaves what was there before.
Rule 2: a run that is stopped leaves what it wrote, whole rows of it. It takes the name only if
nothing had it.
"""

import os
import secrets
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from whybounce.cli.refusal import Refusal
from whybounce.cli.stopping import Stopped


class OutputFile:
    """A file that appears when it is whole."""

    def __init__(self, path: str) -> None:
        self.path = Path(path)
        self.kept: Path | None = None  # Where the rows stand after a run that was stopped.
        self._beside: Path | None = None

    def __enter__(self) -> Self:
        """Open it, or what is written instead of it.

        Raises:
            Refusal: It cannot be written there.

        """
        try:
            if self.path.exists() and not self.path.is_file() and not self.path.is_dir():
                self.file: BinaryIO = self.path.open("wb")  # A device or a pipe has no beside.
                return self
            if self.path.is_dir():
                raise Refusal(f"--output {self.path}: is a folder; name a file")
            self.path = self.path.resolve()
            name = f".{self.path.name}.{secrets.token_hex(4)}.part"
            self._beside = self.path.with_name(name)
            self.file = self._beside.open("xb")
        except OSError as error:
            raise self._refusal(error) from None
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the file its name, or take it away again."""
        try:
            self.file.close()
            if self._beside is None:
                return
            if error is None:
                self._take_over(self.path)
            elif isinstance(error, Stopped):
                partial = self.path.with_name(f"{self.path.name}.part")
                self._take_over(partial if self.path.exists() else self.path)
            else:
                self._beside.unlink(missing_ok=True)
        except OSError as failed:
            if self._beside is not None:
                self._beside.unlink(missing_ok=True)
            raise self._refusal(failed) from None
        if isinstance(error, OSError):
            raise self._refusal(error) from None

    def _take_over(self, path: Path) -> None:
        assert self._beside is not None  # noqa: S101  # for mypy
        if path.exists():
            self._beside.chmod(path.stat().st_mode & 0o7777)
        os.replace(self._beside, path)  # noqa: PTH105  # the one call that is atomic everywhere
        self.kept = path

    def _refusal(self, error: OSError) -> Refusal:
        return Refusal(f"--output {self.path}: cannot be written: {error.strerror or error}")
