"""Make the pictures of docs/web.md: an answer, wide and light, and on a phone in the dark.

python tools/web_pictures.py

Needs Chromium, which script/debian-packages installs.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))

from browser import chromium  # noqa: E402  # tests/support is no package
from website import served  # noqa: E402
from whybounce.web import create_app  # noqa: E402

PICTURES = ROOT / "docs" / "pictures"
_BOUNCE = (ROOT / "docs" / "examples" / "undeliverable.txt").read_text(encoding="utf-8")


def main() -> int:
    """Make both."""
    with served(create_app()) as site, chromium() as browser:
        for name, width, height, scheme, skipped in (
            ("web-answer", 820, 1345, "light", 0),
            ("web-phone", 360, 720, "dark", 1),
        ):
            context = browser.new_context(
                viewport={"width": width, "height": height}, color_scheme=scheme
            )
            page = context.new_page()
            page.goto(site)
            page.fill("#text", _BOUNCE)
            page.wait_for_selector(".verdict")
            page.evaluate(
                "document.activeElement.blur(); const box = document.querySelector('textarea');"
                "box.rows = 4; box.scrollTop = 0"  # As the page has it that a form leads to.
            )
            if skipped:
                page.evaluate("document.querySelector('.answer').scrollIntoView()")
            page.screenshot(path=PICTURES / f"{name}.png")
            context.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
