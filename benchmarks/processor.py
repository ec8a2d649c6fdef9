"""How much of the processor a process takes: what a busy machine leaves comparable."""

import os
from pathlib import Path


def seconds(pid: int) -> float:
    """Return the seconds of processor time of a process and all that it has begun. Linux's proc(5)."""
    process = Path(f"/proc/{pid}")
    try:
        fields = (process / "stat").read_text().rpartition(")")[2].split()
        children = (process / f"task/{pid}/children").read_text().split()
    except OSError:  # It has ended, and what it took is its parent's.
        return 0
    spent = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return spent + sum(seconds(int(child)) for child in children)
