"""A notice on its way out: to standard output, as a page in a file, or shown by the browser."""

import socket
import sys
import tempfile
import webbrowser
from email import message_from_bytes
from pathlib import Path

from whybounce.cli.refusal import Refusal

PREVIEW = (
    "Write the page that people see into this HTML file, instead of the mail to standard output."
)
WORDS = "A folder with words, links and a contact of your own: docs/ndr.md."
OPEN = "Show that page in the browser."


def give(notice: bytes, preview: str | None, *, shown: bool) -> None:
    """Write the notice to standard output, or its page to where it is wanted."""
    if preview is None and not shown:
        sys.stdout.buffer.write(notice)
        sys.stdout.buffer.flush()
        return
    path = Path(preview) if preview else Path(tempfile.mkdtemp(prefix="whybounce-")) / "notice.html"
    try:
        path.write_bytes(_page_of(notice))
    except OSError as error:
        raise Refusal(
            f"--preview takes a file to write; {path} cannot be written: {error.strerror}"
        ) from error
    if shown and not webbrowser.open(path.resolve().as_uri()):
        raise Refusal(f"--open found no browser; the page is in {path}")


def this_host() -> str:
    """Return this computer's full name, or localhost where it has none."""
    name = socket.getfqdn()
    return name if "." in name and not name.endswith(".arpa") else "localhost"


def _page_of(notice: bytes) -> bytes:
    for part in message_from_bytes(notice).walk():
        if part.get_content_type() == "text/html":
            page = part.get_payload(decode=True)
            return page if isinstance(page, bytes) else b""
    raise Refusal("this mail is no bounce, so there is no page to show")
