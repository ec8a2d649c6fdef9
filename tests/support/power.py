"""Power cuts for a process: a library preloaded into it keeps what was synced, and nothing else."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).with_name("power.c")


class NoCompilerError(Exception):
    """The library is built where it is used. Tests fail then; none is skipped."""


@dataclass(frozen=True, slots=True)
class Power:
    """A folder whose unsynced content can be lost."""

    live: Path
    kept: Path  # By inode: files' content, and folders' names.
    log: Path
    library: Path

    @property
    def environment(self) -> dict[str, str]:
        """What the library wants to know."""
        return {
            "LD_PRELOAD": str(self.library),
            "POWER_LIVE": str(self.live),
            "POWER_KEPT": str(self.kept),
            "POWER_LOG": str(self.log),
        }

    def cut(self) -> None:
        """Leave in the folder what a disk has that keeps only what it was told to keep."""
        inode = self.live.stat().st_ino
        made = self.live.with_name(f"{self.live.name}-after")
        made.mkdir()
        self._make(made, inode)
        shutil.rmtree(self.live)
        shutil.rmtree(self.kept)
        self.kept.mkdir()
        made.rename(self.live)
        self._remember(self.live)

    def _make(self, folder: Path, inode: int) -> None:
        names = self.kept / str(inode)
        for line in names.read_text().splitlines() if names.exists() else ():
            number, kind, name = line.split(" ", 2)
            if kind == "d":
                (folder / name).mkdir(mode=0o700)
                self._make(folder / name, int(number))
            else:
                kept = self.kept / number
                octets = kept.read_bytes() if kept.exists() else b""
                (folder / name).write_bytes(octets)

    def _remember(self, folder: Path) -> None:
        """Know the folder as the disk does after the cut: all that is there is kept."""
        lines = []
        for path in folder.iterdir():
            inode = path.stat().st_ino
            lines.append(f"{inode} {'d' if path.is_dir() else 'f'} {path.name}\n")
            if path.is_dir():
                self._remember(path)
            else:
                shutil.copy(path, self.kept / str(inode))
        (self.kept / str(folder.stat().st_ino)).write_text("".join(lines))

    def too_early(self) -> list[int]:
        """Return the lines of the log with a 250 that no sync came before.

        The sync must have begun after the end of the message was received, and have ended.
        """
        early, waiting = [], dict[str, str]()  # Of each connection: how far it has come.
        begun: set[str] = set()
        for number, line in enumerate(self.log.read_text().splitlines(), 1):
            what, _, which = line.partition(" ")
            if what == "received":
                waiting[which] = "received"
            elif what == "said250" and waiting.pop(which, "synced") != "synced":
                early.append(number)
            elif what == "syncing" and which.endswith("-wal"):  # One thread writes there.
                begun = {fd for fd, how in waiting.items() if how == "received"}
            elif what == "synced" and which.endswith("-wal"):
                waiting.update(dict.fromkeys(begun & waiting.keys(), "synced"))
        return early


def power(folder: Path) -> Power:
    """Build the library, and make the folders in this one.

    Raises:
        NoCompilerError: There is no C compiler.

    """
    compiler = shutil.which("cc")
    if compiler is None:
        raise NoCompilerError("cc is not here; on Debian: apt-get install gcc libc6-dev")
    library = folder / "power.so"
    subprocess.run(  # noqa: S603  # the system's own program
        [compiler, "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library, SOURCE],
        check=True,
    )
    made = Power(folder / "live", folder / "kept", folder / "power.log", library)
    made.live.mkdir()
    made.kept.mkdir()
    return made
