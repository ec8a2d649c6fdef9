"""What ``whybounce serve`` shows when it has begun: where it listens, and what one can do."""

import os
import shlex
from collections.abc import Iterator
from textwrap import wrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whybounce.gateway.config import Config
    from whybounce.gateway.service import Running
    from whybounce.provoking.demonstration import Demonstration

_WIDTH = 79
_ANNA = "anna@contoso.example"
_EXAMPLE = "5.1.10"  # The code of which one is provoked.
_PASSWORD = "demonstration"  # noqa: S105  # public, as the screen is

# Who is there to be written to, and what becomes of it.
_PEOPLE = (
    ("ben@contoso.example", "has a mailbox here, as erik@fabrikam.example has"),
    ("full@contoso.example", "has a mailbox, and it is full"),
    ("everyone@contoso.example", "is a group, open to people who are logged in"),
    ("chris@anywhere.example", "is outside; so is every other address there is"),
    (f"{_EXAMPLE}@provoke.example", "comes back for that code, whichever you name"),
    ("mailbox-full@provoke.example", "comes back for that cause"),
)


def called() -> str:
    """Return how whybounce was called, for lines to copy: script/run says so."""
    return os.environ.get("WHYBOUNCE_CALLED_AS", "whybounce")


def gateway_screen(config: "Config", gateway: "Running", site: str | None = None) -> Iterator[str]:
    """Yield where it listens and where it keeps things."""
    yield f"Whybounce serves as {gateway.host}. Ctrl-C stops it."
    yield ""
    for each in config.listener:
        chosen = gateway.ports[each.name]  # Where a port was left to the system.
        at = ", ".join(
            f"{address.host} port {address.port or chosen[place]}"
            for place, address in enumerate(each.addresses)
        )
        yield f"  {each.name:<12}{at}"
    yield f"  {'mailboxes':<12}{config.server.mailboxes}"
    yield f"  {'queue':<12}{config.server.queue.partition('@')[2] or config.server.queue}"
    if site is not None:
        yield f"  {'web':<12}{site}"
    if gateway.pages is not None:
        yield f"  {'health':<12}http://{gateway.pages}/health and /metrics"


def demonstration_screen(shown: "Demonstration", site: str) -> Iterator[str]:
    """Yield all that a newcomer needs, on one screen."""
    from msgspec.structs import replace  # noqa: PLC0415  # heavy

    from whybounce.provoking.demonstration import FOR_CONDITIONS, OUTSIDE  # noqa: PLC0415

    for_people = tuple(each for each in shown.config.listener if each.name != FOR_CONDITIONS)
    yield from gateway_screen(replace(shown.config, listener=for_people), shown.gateway, site)
    yield ""
    yield "This is a demonstration: whatever you send stays on this machine. Write to"
    yield ""
    for address, becomes in _PEOPLE:
        yield f"  {address:<30}{becomes}"
    accounts = [account.name for each in shown.directory.organisation for account in each.account]
    yield ""
    yield from wrap(f"Log in with the password {_PASSWORD} as {', '.join(accounts)}.", _WIDTH)
    yield "In the browser, admin@contoso.example sees messages, queue, failures, blocks."
    yield f"What goes outside lies in the folder {OUTSIDE} among the mailboxes."
    yield ""
    yield "In another terminal, make a mail come back, and see why:"
    yield ""
    yield f"  {called()} provoke {_EXAMPLE}"
    yield ""
    yield f"Or send one with your own program, and read what {_ANNA} gets:"
    yield ""
    yield f"  {_sending(shown.gateway.ports['submission'][0])}"
    if shown.config.queue_file is not None:
        folder = shlex.quote(str(shown.config.queue_file.parent))
        yield f"  {called()} trace {_EXAMPLE}@provoke.example --data {folder}"
    yield f"  {called()} read {shlex.quote(str(shown.mailboxes / _ANNA / 'new'))}"


def _sending(port: int) -> str:
    """Return a command that sends a mail which comes back; it needs Python and nothing else."""
    to = f"{_EXAMPLE}@provoke.example"
    script = (
        f"import smtplib; s = smtplib.SMTP('127.0.0.1', {port}); s.login('{_ANNA}', '{_PASSWORD}'); "
        f"s.sendmail('{_ANNA}', '{to}', 'From: {_ANNA}\\r\\nSubject: Minutes\\r\\n\\r\\nSee below.')"
    )
    return f'python3 -c "{script}"'
