"""The command ``whybounce`` from its first moment on.

Importing the product takes a sixth of a second, and whoever presses Ctrl-C in that time should see
no traceback. This file stands beside the package, because a file in it is run after the package's
own ``__init__``, which is most of that time.

Rings of objects are not looked for among what was imported: it stays till the end, and looking
would take a fifth of the time that an answer takes.
"""

import gc
import os
import signal
import sys
from types import FrameType

_BY_KEYBOARD = 130  # As in whybounce/cli/stopping.py, which is not imported yet.


def main() -> None:
    """Run the command line; Ctrl-C ends it quietly, whenever it comes."""
    before = signal.getsignal(signal.SIGINT)
    # Not where it is ignored: `whybounce … &` in a script.
    if before is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)
    # Python, where it is started from here, runs no file of the folder that one happens to be in.
    os.environ["PYTHONSAFEPATH"] = "1"
    gc.disable()
    from whybounce.cli import main as run  # noqa: PLC0415  # the sixth of a second

    gc.freeze()
    gc.enable()
    try:
        signal.signal(signal.SIGINT, before)
        run()
    except KeyboardInterrupt:
        sys.exit(_BY_KEYBOARD)
    finally:
        gc.freeze()  # The end looks, too.


def _leave(_: int, __: FrameType | None) -> None:
    """End at once: nothing is open yet, and an exception might be swallowed by an import."""
    os._exit(_BY_KEYBOARD)
