"""docs/deploy.md, done as it says: its files are read, its gateway runs, its Postfix is a real one."""

import asyncio
import configparser
import os
import re
import shutil
import smtplib
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
from msgspec.structs import replace

import whybounce
from ports import free_port
from postfix import postfix
from whybounce.gateway.config import directory_of, read_config
from whybounce.gateway.service import running
from whybounce.provoking.world import World

TEXT = (Path(__file__).parent.parent / "docs" / "deploy.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(toml|ini)\n(.*?)```", TEXT, re.DOTALL)
CONFIG, DIRECTORY, FRONT, CONNECTOR, SMARTHOST, BRANCH = (
    text for kind, text in BLOCKS if kind == "toml"
)
UNIT = next(text for kind, text in BLOCKS if kind == "ini" and "[Unit]" in text)
ANNA, PASSWORD = "anna@contoso.example", "a password that is only an example"
_LISTENS = re.compile(r"addresses = \[.*\]")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="Postfix's master starts as root only")


def _main_cf(title: str, **ports: str) -> dict[str, str]:
    """Return the settings of a block of main.cf, with our ports in place of those it names."""
    block = next(
        text for kind, text in BLOCKS if text.startswith(f"# main.cf of Postfix {title}\n")
    )
    for port, ours in ports.items():
        block = block.replace(port.replace("_", ":"), ours)
    return dict(re.findall(r"^(\w+) = (.*)$", block, re.MULTILINE))


@dataclass
class Site:
    """The document's gateway while it runs, with the world outside it."""

    folder: Path
    ports: dict[str, int]
    outside: int  # The port of the world's server, which takes everything.

    def mails(self, mailbox: str) -> list[bytes]:
        """Return what lies in a mailbox, once there is something."""
        new, deadline = self.folder / "lib/mailboxes" / mailbox / "new", time.monotonic() + 60
        while not (found := list(new.iterdir()) if new.is_dir() else []):
            assert time.monotonic() < deadline, f"nothing in {mailbox}"
            time.sleep(0.05)
        return [each.read_bytes() for each in found]

    def submit(self, *recipients: str) -> None:
        """Send as Anna does."""
        context = ssl.create_default_context(cafile=str(self.folder / "ca.pem"))
        with smtplib.SMTP_SSL("127.0.0.1", self.ports["submission"], context=context) as client:
            client.login(ANNA, PASSWORD)
            client.sendmail(ANNA, recipients, _mail())


def _mail() -> str:
    return f"From: {ANNA}\r\nSubject: Minutes\r\n\r\nSee below.\r\n"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory) -> Path:
    """Make what certbot makes."""
    folder, authority = tmp_path_factory.mktemp("certificates"), trustme.CA()
    issued = authority.issue_cert("127.0.0.1", "mail.contoso.example")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    for part in issued.cert_chain_pems:
        part.write_to_path(folder / "fullchain.pem", append=True)
    issued.private_key_pem.write_to_path(folder / "privkey.pem")
    return folder


@contextmanager
def _site(
    folder: Path, certificates: Path, *, config: str = CONFIG, more: str = ""
) -> Iterator[Site]:
    """Run the gateway of the document's files, in a folder and on ports of our own."""
    shutil.copytree(certificates, folder, dirs_exist_ok=True)
    for name, text in (("whybounce.toml", config), ("directory.toml", DIRECTORY + more)):
        here = text.replace("/etc/whybounce", str(folder))
        here = here.replace("/var/lib/whybounce", str(folder / "lib"))
        (folder / name).write_text(_LISTENS.sub('addresses = ["127.0.0.1:0"]', here))
    started: Future[Site] = Future()
    stop = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_run(folder, started, stop)))
    thread.start()
    try:
        yield started.result(60)
    finally:
        stop.set()
        thread.join(60)


async def _run(folder: Path, started: Future[Site], stop: threading.Event) -> None:
    path = folder / "whybounce.toml"
    world = World(folder / "lib/mailboxes/outside")
    try:
        await world.start()
        config = read_config(path, {})
        if config.outbound.smarthost is None:
            outbound = replace(config.outbound, resolver=world.resolver, port=world.port)
            config = replace(config, outbound=outbound)
        async with running(config, directory_of(config, path)) as gateway:
            ports = {name: ports[0] for name, ports in gateway.ports.items()}
            started.set_result(Site(folder, ports, world.port))
            await asyncio.to_thread(stop.wait)
    except BaseException as error:
        if not started.done():
            started.set_exception(error)
        raise
    finally:
        await world.stop()


def test_the_documents_gateway_takes_mail_at_all_its_ports(tmp_path, certificates):
    """From outside, with TLS from the first octet, and with STARTTLS, which it demands."""
    context = ssl.create_default_context(cafile=str(certificates / "ca.pem"))
    with _site(tmp_path, certificates) as site:
        with smtplib.SMTP("127.0.0.1", site.ports["inbound"], timeout=60) as client:
            client.starttls(context=context)
            client.sendmail("chris@outside.example", [ANNA], _mail())
        site.submit("dana@elsewhere.example")
        with smtplib.SMTP("127.0.0.1", site.ports["starttls"], timeout=60) as client:
            client.ehlo()
            assert client.docmd("MAIL", f"FROM:<{ANNA}>")[0] == 530
            client.starttls(context=context)
            client.login(ANNA, PASSWORD)
            client.sendmail(ANNA, [ANNA], _mail())
        site.mails("outside")

        assert len(site.mails(ANNA)) >= 1


def test_the_unit_waits_longer_than_the_gateway_drains(tmp_path, certificates):
    """And starts what is there."""
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str
    unit.read_string(UNIT)
    program, *arguments = unit["Service"]["ExecStart"].split()
    shutil.copytree(certificates, tmp_path, dirs_exist_ok=True)
    text = CONFIG.replace("/etc/whybounce", str(tmp_path))
    (tmp_path / "directory.toml").write_text(DIRECTORY)
    (tmp_path / "whybounce.toml").write_text(text)

    assert program == "/opt/whybounce/bin/whybounce"
    assert arguments == ["serve", "--config", "/etc/whybounce/whybounce.toml"]
    drain = read_config(tmp_path / "whybounce.toml", {}).server.drain
    assert int(unit["Service"]["TimeoutStopSec"]) > drain.total_seconds()
    assert unit["Service"]["ReadWritePaths"] == "/var/lib/whybounce"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not everywhere")
def test_systemd_knows_every_word_of_the_unit(tmp_path):
    """It names what it does not know, and ends with an error then."""
    file = tmp_path / "whybounce.service"
    file.write_text(UNIT.replace("/opt/whybounce/bin/whybounce", "/bin/true").replace("User=whybounce", "User=daemon"))  # fmt: skip
    done = subprocess.run(  # noqa: S603  # the test's own words
        ["systemd-analyze", "verify", "--man=no", str(file)],  # noqa: S607  # found above
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert [line for line in done.stderr.splitlines() if "whybounce.service" in line] == []


@needs_root
def test_postfix_in_front_asks_who_exists_and_carries_what_leaves(tmp_path, certificates):
    """A stranger's mail arrives, or is refused at once; Anna's goes out by Postfix."""
    port = free_port()
    config = re.sub(r'\[\[listener\]\]\nname = "inbound".*?\n\n', "", CONFIG, flags=re.DOTALL)
    front = FRONT.replace('127.0.0.1:25"', f'127.0.0.1:{port}"')
    with _site(tmp_path, certificates, config=config + front) as site:
        settings = _main_cf(
            "in front", **{"[127.0.0.1]_2525": f"[127.0.0.1]:{site.ports['inbound']}"}
        )
        outside = {"mynetworks": "127.0.0.1/32", "relayhost": f"[127.0.0.1]:{site.outside}"}
        with postfix(port, **settings, **outside):
            stranger = {"source_address": ("127.0.0.2", 0)}
            with smtplib.SMTP("127.0.0.1", port, timeout=60, **stranger) as client:
                refused = client.sendmail(
                    "chris@outside.example", [ANNA, "no@contoso.example"], _mail()
                )
                code, words = client.docmd("MAIL", "FROM:<chris@outside.example>")
                relaying = client.docmd("RCPT", "TO:<dana@elsewhere.example>")
            site.submit("dana@elsewhere.example")
            (arrived,), (left,) = site.mails(ANNA), site.mails("outside")

    assert code == 250, words
    assert relaying[0] in {454, 554}  # As old as its compatibility level has it.
    assert refused["no@contoso.example"][0] == 550
    assert b"5.1.10 Recipient not found: no@contoso.example" in refused["no@contoso.example"][1]
    assert b"from relay.example.net" in arrived
    assert b"by relay.example.net (Postfix)" in left


@needs_root
@pytest.mark.parametrize("how", ["with an account", "known by its address"])
def test_postfix_as_a_sender_hands_over_and_its_bounces_are_ours(tmp_path, certificates, how):
    """By a password under TLS, or by a connector; what a remote refuses comes back explained."""
    more = CONNECTOR.replace("192.0.2.80", "127.0.0.1")
    with _site(tmp_path, certificates, more=more if how.startswith("known") else "") as site:
        at = f"[127.0.0.1]:{site.ports['starttls']}"
        ours = {"[mail.contoso.example]_587": at}
        if how.startswith("known"):
            ours = {"[mail.contoso.example]_25": f"[127.0.0.1]:{site.ports['inbound']}"}
        settings = _main_cf(f"as a sender, {how}", **ours)
        if "smtp_sasl_password_maps" in settings:
            settings["smtp_sasl_password_maps"] = f"texthash:{tmp_path}/sasl_password"
            (line,) = re.findall(r"```text\n(\[mail.*)\n```", TEXT)
            line = line.replace("[mail.contoso.example]:587", at).replace(
                ":password", f":{PASSWORD}"
            )
            (tmp_path / "sasl_password").write_text(line)
        port = free_port()
        with postfix(port, **settings), smtplib.SMTP("127.0.0.1", port, timeout=60) as client:
            client.sendmail(ANNA, ["5.2.1@provoke.example"], _mail())
            (notice,) = site.mails(ANNA)

    diagnosis = whybounce.diagnose(notice)
    assert diagnosis.explanations[0].cause == "mailbox-disabled"
    assert diagnosis.report.generator == "mail.contoso.example"


@needs_root
@pytest.mark.parametrize("way", ["smarthost", "connector"])
def test_postfix_behind_takes_mail_or_comes_back_in_an_ndr(tmp_path, certificates, way):
    """What it takes lies outside; what it refuses is explained with its words."""
    port = free_port()
    smarthost = SMARTHOST.replace("10025", str(port)) if way == "smarthost" else ""
    branch = BRANCH.replace("10025", str(port)) if way == "connector" else ""
    with _site(tmp_path, certificates, config=CONFIG + smarthost, more=branch) as site:
        refusing = "check_recipient_access inline:{gone@branch.contoso.example=REJECT}, permit"
        more = {"relayhost": f"[127.0.0.1]:{site.outside}", "smtpd_relay_restrictions": refusing}
        with postfix(port, **_main_cf("behind"), **more):
            site.submit("dana@branch.contoso.example", "gone@branch.contoso.example")
            (left,), (notice,) = site.mails("outside"), site.mails(ANNA)

    (outcome,) = whybounce.read(notice).outcomes
    assert b"by relay.example.net (Postfix)" in left
    assert outcome.recipient == "gone@branch.contoso.example"
    assert "Access denied" in outcome.reply.text
