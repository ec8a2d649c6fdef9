"""``whybounce serve`` as a process of its own, which can be killed and started again."""

import asyncio
import os
import resource
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import Mapping
from pathlib import Path

HERE = Path(__file__).parent
_STARTING = 60.0  # Seconds, on a machine that has other things to do.


class Served:
    """The real command, as an operator runs it."""

    def __init__(self, config: Path, *options: str, before: tuple[str, ...] = ()) -> None:
        self.config = config
        self.ports: dict[str, int] = {}
        self.up = asyncio.Event()
        self.log = config.with_suffix(".log")
        self._options = options
        self._before = before  # A command that becomes this one.
        self._process: Process | None = None
        self._reading: asyncio.Task[None] | None = None

    async def start(self, environment: Mapping[str, str] | None = None) -> None:
        """Start it, and wait until it says where it listens."""
        variables = {**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})}
        variables["PYTHONPATH"] = os.pathsep.join(
            [str(HERE / "dying"), *filter(None, [os.environ.get("PYTHONPATH")])]
        )
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._before, sys.executable, "-m", "whybounce", "serve",
                "--config", str(self.config), *self._options, stdout=asyncio.subprocess.PIPE, stderr=log, env=variables,
            )  # fmt: skip
        async with asyncio.timeout(_STARTING):
            await self._read_screen()
        self._reading = asyncio.create_task(self._read_on())
        self.up.set()

    async def _read_screen(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        while line := (await self._process.stdout.readline()).decode().split():
            continue
        while line := (await self._process.stdout.readline()).decode().split():
            if line[0] == "queue":
                return
            if line[-2] == "port":
                self.ports[line[0]] = int(line[-1])
        code = await self._process.wait()
        raise RuntimeError(f"it ended with {code}: {self.said()}")

    async def _read_on(self) -> None:
        """Let its output never be in its way."""
        assert self._process is not None
        assert self._process.stdout is not None
        await self._process.stdout.read()
        self.up.clear()

    def said(self) -> str:
        """Return the last of what it logged."""
        return self.log.read_text(errors="replace")[-2000:]

    @property
    def was_started(self) -> bool:
        """Whether there is, or was, a process."""
        return self._process is not None

    @property
    def pid(self) -> int:
        """Its number."""
        assert self._process is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """What it ended with, if it has."""
        return self._process.returncode if self._process else None

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to this process alone."""
        assert self._process is not None
        self._process.send_signal(number)

    async def kill(self) -> None:
        """End it as a power cut does."""
        if self.returncode is None:
            self.send_signal(signal.SIGKILL)
        await self.ended()

    async def stop(self) -> int:
        """Let it end in good order."""
        if self.returncode is None:
            self.send_signal(signal.SIGTERM)
        return await self.ended()

    async def ended(self, seconds: float = 60) -> int:
        """Wait until it has ended; return with what."""
        assert self._process is not None
        async with asyncio.timeout(seconds):
            code = await self._process.wait()
            if self._reading is not None:
                await self._reading
        self.up.clear()
        return code

    def forget_peak_memory(self) -> None:
        """Begin to watch anew (Linux's clear_refs)."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def peak_memory(self) -> int:
        """Return the most memory it has held, in octets, as the kernel counted it (VmHWM)."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) << 10
        raise RuntimeError("the kernel does not tell")


def more_files(count: int) -> None:
    """Allow this process, and those it starts, so many open files, or as many as may be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))
