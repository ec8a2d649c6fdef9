"""The demonstration with its console, in a thread of its own, and mail that fails in it."""

import asyncio
import re
import smtplib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from whybounce.cli.serve import reach_of_gateway
from whybounce.cli.web import bound
from whybounce.console import console_face, prepared
from whybounce.console.provoked import demonstration_face
from whybounce.provoking.demonstration import Demonstration, demonstration
from whybounce.web import Means, Settings, create_app
from whybounce.web.serving import serving_beside

ADMIN, PASSWORD = "admin@contoso.example", "demonstration"
ANNA = "anna@contoso.example"


@dataclass
class Shown:
    """What runs."""

    address: str
    demonstration: Demonstration

    def send(self, to: str, subject: str = "Minutes", sender: str = ANNA) -> None:
        """Hand a mail over as Anna."""
        port = self.demonstration.gateway.ports["submission"][0]
        with smtplib.SMTP("127.0.0.1", port, timeout=60) as client:
            client.login(ANNA, PASSWORD)
            mail = f"From: {sender}\r\nSubject: {subject}\r\n\r\nSee below."
            client.sendmail(sender, to, mail.encode())


@contextmanager
def shown(folder: Path) -> Iterator[Shown]:
    """Run it."""
    ready: list[Shown] = []
    ended = threading.Event()

    async def run() -> None:
        listening = bound("127.0.0.1", 0)
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with demonstration(folder, {}, inbound=0, submission=0, site=f"{address}/") as there:
            reach = reach_of_gateway(there.gateway.settings())
            means = Means(there.gateway.resolver(), reach, allow_private=True)
            faces = (demonstration_face(there), console_face())
            settings = Settings(faces=faces, means=lambda: means)
            app = prepared(create_app(settings), there.gateway)
            async with serving_beside(app, listening):
                ready.append(Shown(address, there))
                await asyncio.to_thread(ended.wait)

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    deadline = time.monotonic() + 60
    while not ready:
        assert thread.is_alive(), "the demonstration did not start"
        assert time.monotonic() < deadline
        time.sleep(0.02)
    try:
        yield ready[0]
    finally:
        ended.set()
        thread.join(60)


@contextmanager
def signed_in(address: str) -> Iterator[httpx.Client]:
    """Yield a client of an administrator."""
    with httpx.Client(base_url=address, timeout=30) as client:
        answer = client.post("/login", data={"account": ADMIN, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        yield client


def csrf_of(client: httpx.Client) -> str:
    """Return the token that stands in the forms of the client's session."""
    found = re.search(r'name="csrf" value="([^"]+)"', client.get("/messages").text)
    assert found
    return found[1]


def came_back(client: httpx.Client, at: str) -> str:
    """Return the page of what was made to happen, once that came back."""
    deadline = time.monotonic() + 60
    while "data-waiting" in (page := client.get(at).text):
        assert time.monotonic() < deadline, "nothing came back"
        time.sleep(0.05)
    return page
