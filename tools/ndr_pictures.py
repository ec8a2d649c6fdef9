"""Make the pictures of docs/ndr.md: of notices, and of a bounce that a real Postfix writes.

python tools/ndr_pictures.py

Needs root for Postfix, and the Debian packages that script/debian-packages installs.
"""

import asyncio
import smtplib
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))

from playwright.sync_api import Browser  # noqa: E402

import whybounce  # noqa: E402
from browser import chromium, shown  # noqa: E402  # tests/support is no package
from loopback import Recorder  # noqa: E402
from notices import ORIGINAL, delayed, diagnosed, failed, text_of  # noqa: E402
from postfix import postfix  # noqa: E402
from whybounce.gateway.smtp.listening import Listener  # noqa: E402
from whybounce.gateway.smtp.server import ServerSettings  # noqa: E402
from whybounce.vocabulary.report import Kind  # noqa: E402

PICTURES = ROOT / "docs" / "pictures"
OURS = {
    "organisation": "Alpine Ski House",
    "help_base": "https://why.example.com",
    "original": ORIGINAL,
}
_TEXT = """<!DOCTYPE html><html lang="en"><title>x</title><body style="margin:0;padding:20px;
background:#fff;color:#000"><pre style="margin:0;white-space:pre-wrap;font:13px/1.45 monospace">"""


def failure(style: str = "modern") -> str:
    """Return the HTML of a failure."""
    remote = "mx.example.org"
    reply = "550 5.1.1 <anna@example.org>: Recipient address rejected: User unknown"
    notice = whybounce.write(diagnosed(failed(reply=reply, remote=remote)), style=style, **OURS)
    return text_of(notice, "html")


def delay() -> str:
    """Return the HTML of a delay."""
    late = diagnosed(delayed(last_attempt=datetime(2026, 3, 1, 16, tzinfo=UTC)), kind=Kind.DELAY)
    return text_of(whybounce.write(late, **OURS), "html")


@contextmanager
def refusing_server() -> Iterator[tuple[int, Recorder]]:
    """Run a mail server that refuses ``refused@`` and takes everything else; yield its port."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    recorder = Recorder()
    listener = Listener(ServerSettings(host="mx.example.org"), lambda: recorder)
    asyncio.run_coroutine_threadsafe(listener.listen("127.0.0.1", 0), loop).result(10)
    yield listener.ports[0], recorder
    asyncio.run_coroutine_threadsafe(listener.drain(0.2), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


def bounce_of_postfix() -> bytes:
    """Return what Postfix tells the sender when a server refuses the recipient."""
    with refusing_server() as (upstream, recorder):
        relay = {"relayhost": f"[127.0.0.1]:{upstream}"}
        with postfix(**relay) as port, smtplib.SMTP("127.0.0.1", port, timeout=60) as client:
            client.sendmail("bob@alpine.example", ["refused@example.org"], ORIGINAL)
            deadline = time.monotonic() + timedelta(seconds=30).total_seconds()
            while not recorder.messages:
                if time.monotonic() > deadline:
                    raise SystemExit("Postfix sent no bounce")
                time.sleep(0.1)
    return recorder.messages[0].octets


def picture(browser: Browser, name: str, html: str, width: int, height: int, scheme: str) -> None:
    """Write one picture: the page's top, as large as the window."""
    with shown(browser, html, width=width, scheme=scheme, height=height) as page:
        page.screenshot(path=PICTURES / f"{name}.png")


def main() -> int:
    """Make them all."""
    PICTURES.mkdir(exist_ok=True)
    theirs = bounce_of_postfix()
    rewritten = whybounce.rewrite(
        theirs, by="mail.alpine.example", organisation="Alpine Ski House", ours=True
    )
    with chromium() as browser:
        picture(browser, "ndr-failure", failure(), 600, 900, "light")
        picture(browser, "ndr-phone", failure(), 320, 640, "dark")
        picture(browser, "ndr-delay", delay(), 600, 480, "light")
        picture(browser, "ndr-classic", failure("classic"), 600, 700, "light")
        text = f"{_TEXT}{escape(text_of(theirs))}</pre></body></html>"
        picture(browser, "ndr-postfix", text, 600, 340, "light")
        picture(browser, "ndr-rewritten", text_of(rewritten, "html"), 600, 640, "light")
    return 0


if __name__ == "__main__":
    sys.exit(main())
