"""A real Chromium and axe-core, for tests that look at pages as people see them.

Both are demanded, never skipped: script/test installs Chromium and npm, and axe-core is fetched
once into .cache.
"""

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

_AXE_VERSION = "4.14.1"  # Pinned: a new release brings new rules, which is a change of its own.
_AXE = Path(__file__).parents[2] / ".cache" / f"axe-core-{_AXE_VERSION}"

expect.set_options(timeout=60_000)  # Milliseconds: the machine may have other things to do.

# Every element that has text of its own: its colour against the background that it stands on, as
# they are and with every channel inverted, as some mail programs do for the dark.
_CONTRASTS = """() => {
  const channels = css => css.match(/[\\d.]+/g).map(Number);
  const linear = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const ratio = (a, b) => {
    const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (light + 0.05) / (dark + 0.05);
  };
  const invert = colour => colour.slice(0, 3).map(c => 255 - c);
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = channels(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const rows = [];
  for (const element of document.body.querySelectorAll('*')) {
    const own = [...element.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own) continue;
    const style = getComputedStyle(element);
    const [text, ground] = [channels(style.color), behind(element)];
    rows.push({
      text: element.textContent.trim().slice(0, 40),
      straight: ratio(text, ground),
      inverted: ratio(invert(text), invert(ground)),
      size: parseFloat(style.fontSize),
    });
  }
  return rows;
}"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run Debian's Chromium without a window."""
    program = shutil.which("chromium")
    assert program, "these tests need Chromium; as root: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox"], timeout=120_000
        )
        yield browser
        browser.close()


@contextmanager
def shown(
    browser: Browser, html: str, *, width: int, scheme: str, height: int = 640
) -> Iterator[Page]:
    """Show the page in a window of that width, light or dark."""
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.set_content(html)
    yield page
    context.close()


def contrasts(page: Page) -> list[dict[str, float | str]]:
    """Return text, contrast, contrast with inverted colours, and font size of every text."""
    return page.evaluate(_CONTRASTS)


def accessibility_violations(page: Page, tags: Sequence[str] = ()) -> list[str]:
    """Return what axe-core finds, with all its rules or those of the tags."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_axe_source())
    options = {"runOnly": list(tags)} if tags else {}
    found = page.evaluate("async options => (await axe.run(options)).violations", options)
    return [f"{rule['id']}: {node['html'][:120]}" for rule in found for node in rule["nodes"]]


def _axe_source() -> str:
    source = _AXE / "node_modules" / "axe-core" / "axe.min.js"
    if not source.exists():
        npm = shutil.which("npm")
        assert npm, "these tests need npm; as root: apt-get install npm"
        subprocess.run(  # noqa: S603  # a pinned package, none of whose scripts run
            [
                npm, "install", "--prefix", str(_AXE), "--ignore-scripts", "--no-audit", "--no-fund",
                f"axe-core@{_AXE_VERSION}",
            ],
            check=True,
            capture_output=True,
        )  # fmt: skip
    return source.read_text(encoding="utf-8")
