"""The configuration: every key optional, every mistake said at once, in one line each."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from whybounce.gateway.config import (
    Config,
    ConfigError,
    Kind,
    Listener,
    Server,
    directory_of,
    environment_names,
    read_config,
)
from whybounce.gateway.directory import DirectoryError
from whybounce.gateway.limits import Limits
from whybounce.gateway.shaping import shown
from whybounce.gateway.smtp.server.settings import TlsMode


@pytest.fixture
def written(tmp_path):
    """Write a configuration; return its path."""

    def write(text: str) -> Path:
        path = tmp_path / "whybounce.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def certificate(tmp_path):
    """Write a certificate with its key in one file."""
    issued = trustme.CA().issue_cert("mail.example.org")
    path = tmp_path / "certificate.pem"
    issued.private_key_and_cert_chain_pem.write_to_path(str(path))
    return path


def faults(path: Path | None, environ: dict[str, str] | None = None) -> list[str]:
    """Return the lines that are said, without the file's name."""
    with pytest.raises(ConfigError) as caught:
        read_config(path, environ or {})
    lines = str(caught.value).splitlines()
    assert all(line.startswith(f"{path or 'configuration'}: ") for line in lines)
    return [line.partition(": ")[2] for line in lines]


def test_nothing_configured_is_the_demonstration():
    """Two ports on loopback, and people who are nobody's."""
    config = read_config(None, {})

    assert [each.kind for each in config.listener] == [Kind.INBOUND, Kind.SUBMISSION]
    assert all(at.is_loopback for each in config.listener for at in each.addresses)
    assert {each.name for each in directory_of(config).organisation} >= {"Contoso", "Fabrikam"}


def test_an_empty_file_is_as_no_file(written):
    """Every key is optional; only paths are relative to the file."""
    config = read_config(written(""), {})

    assert (config.limits, config.listener) == (Limits(), Config().listener)
    assert config.schedule == Config().schedule


def test_what_is_written_is_what_is_read(written, certificate):
    """Values in the types that the gateway uses."""
    config = read_config(
        written("""
            [server]
            name = "Mail.Example.ORG"
            [[listener]]
            name = "inbound"
            addresses = ["127.0.0.1:25", "[::1]:25"]
            tls = "starttls"
            certificate = "certificate.pem"
            proxies = ["192.0.2.0/24"]
            [limits]
            message-size = "25 MB"
            idle = "2m"
            [retry]
            waits = ["1m", "1h"]
            expire = "2d"
        """),
        {},
    )

    listener = config.listener[0]
    assert config.server.name == "mail.example.org"
    assert (listener.tls, listener.certificate) == (TlsMode.STARTTLS, certificate)
    assert [(at.host, at.port) for at in listener.addresses] == [("127.0.0.1", 25), ("::1", 25)]
    assert str(listener.proxies[0].addresses) == "192.0.2.0/24"
    assert (config.limits.message_size, config.limits.idle) == (26_214_400, timedelta(minutes=2))
    assert config.schedule.waits == (timedelta(minutes=1), timedelta(hours=1))
    assert config.schedule.expire_after == timedelta(days=2)
    assert config.schedule.tell_after == timedelta(hours=4)


def test_every_mistake_is_said_at_once(written):
    """File, key, value and what is allowed."""
    path = written("""
        [server]
        nmae = "mail.example.org"
        profile = "exhange"
        [[listener]]
        name = "inbound"
        addresses = ["127.0.0.1:99999"]
        certificate = "nowhere.pem"
        [limits]
        hops = 0
        message-size = "25 MiB"
        [lmits]
    """)

    assert sorted(faults(path)) == sorted([
        ("lmits: this key is not known; did you mean limits? known here are server, listener,"
        " limits, trust, block-list, policies, outbound, retry, reports, spam, forwarding, signing,"
        " retention, health, webhook, web, directory"),
        ("server, nmae: this key is not known; did you mean name? known here are name, node, queue,"
        " mailboxes, lmtp, profile, operating, control, drain, log-level, log-format"),
        'server, profile: "exhange" is not allowed; allowed is "standard" or "exchange-online"',
        ('listener "inbound", addresses number 1: "127.0.0.1:99999" is not allowed; allowed is a'
        ' host and a port such as "192.0.2.1:25" or "[::1]:587"'),
        'listener "inbound", certificate: "nowhere.pem" cannot be read: no such file',
        "limits, hops: 0 is not allowed; allowed is a whole number from 1",
        ('limits, message-size: "25 MiB" is not allowed; allowed is a size such as "64 KB",'
        ' "25 MB", or a number of octets'),
    ])  # fmt: skip


LISTENER = '[[listener]]\nname = "a"\naddresses = ["127.0.0.1:2525"]\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LISTENER + 'tls = "starttls"', 'listener "a", certificate: is missing; tls = "starttls" needs it'),
        (LISTENER + 'tls = "implicit"\ncertificate = "whybounce.toml"', "holds no certificate in PEM"),
        (LISTENER + "require-tls = true", "require-tls: true is not allowed with tls"),
        (LISTENER + LISTENER, 'listener "a": this name stands twice'),
        (LISTENER + LISTENER.replace('"a"', '"b"'), '"127.0.0.1:2525" stands twice'),
        (LISTENER.replace('"127.0.0.1:2525"', ""), "addresses: is empty; needed is at least one host"),
        (LISTENER.replace("127.0.0.1", "0.0.0.0"), "directory, file: is missing; "),  # noqa: S104  # read, not bound
        (LISTENER.replace("127.0.0.1", "192.0.2.1") + 'kind = "submission"', '"off" is not allowed where'),
        (LISTENER + 'kind = "submission"', 'listener "a", tls: "off" lets nobody log in there'),
        ('[[listener]]\nname = "a"', 'listener "a": addresses is missing; needed is a list, each a host'),
        ('listener = "a"', 'listener: "a" is not allowed; allowed is a list, each a table'),
        ("limits = 5", "limits: 5 is not allowed; allowed is a table"),
        ("server = 5", "server: 5 is not allowed; allowed is a table"),
        ('[retry]\nschedule = "often"', '"often" is not allowed; allowed is "default" or "exchange-online"'),
        ('[retry]\nwaits = ["0s"]', 'retry, waits: "0s" is not allowed'),
        ('[outbound]\nresolver-wait = "0s"', 'outbound, resolver-wait: "0s" is not allowed; allowed is a duration above zero'),
        ('[limits]\nidle = "0s"', 'limits, idle: "0s" is not allowed'),
        ('[retry]\nexpire = "0s"', 'retry, expire: "0s" is not allowed'),
        ('[reports]\nlanguage = "xx"', 'reports, language: "xx" is not allowed; allowed is ar or de or'),
        ('[outbound]\nsmarthost-account = "a"', "smarthost-password: is missing"),
        ('[outbound]\nsmarthost-password = "swordfish"', "smarthost-account: is missing"),
        ("[outbound]\nsmarthost-password = 5", "is not allowed; allowed is text, which is never"),
        (
            '[outbound]\nsmarthost = "a.example:587"\nsmarthost-account = "a"\nsmarthost-password = "swordfish"\ntls = "off"',
            'outbound, tls: "off" is not allowed with smarthost-password',
        ),
        ('[outbound]\nsmarthost = "a.example:0"', "smarthost: port 0 is not allowed"),
        ('[outbound]\nsource-addresses = ["192.0.2.1", "192.0.2.2"]', "has two of one family"),
        ('[forwarding]\ndomain = "a.example"', "forwarding: domain and secret need each other"),
        ('[directory]\nfile = "gone.toml"', 'file: "gone.toml" cannot be read: no such file'),
        ('[directory]\nfile = "."', 'file: "." cannot be read: it is a folder'),
        ('[directory]\nfile = "whybounce.toml"\n[[directory.organisation]]\nname = "A"', "one of the two"),
        ('[server]\nqueue = "mysql://u:swordfish@h/d"', 'queue: "mysql://…@h/d" is not allowed'),
        ("[server]\ndrain = 1979-05-27", "drain: 1979-05-27 is not allowed"),
        ('[server]\nprofile = ["standard"]', 'profile: ["standard"] is not allowed'),
        ("[server", "is not TOML: "),
        (LISTENER + "certificate = 5", "certificate: 5 is not allowed; allowed is a file"),
        (LISTENER + "require-auth = true", 'require-auth: true is not allowed with tls = "off"; nobody'),
        (LISTENER + '[web]\naddress = "127.0.0.1:2525"', '"127.0.0.1:2525" is that of web pages too'),
        (LISTENER + '[server]\noperating = "127.0.0.1:2525"', '"127.0.0.1:2525" is that of web pages too'),
        ('[server]\noperating = "[::1]:80"\n[web]\naddress = "[::1]:80"', "stands in server, operating too"),
        ('[reports]\nfrom-name = "a\\r\\nBcc: b"', 'from-name: "a\\r\\nBcc: b" is not allowed; allowed is one line'),
        ('[reports]\nhelp-base = "help"', 'help-base: "help" is not allowed; allowed is a link'),
        ('[reports]\ndelisting = "javascript:x"', 'delisting: "javascript:x" is not allowed; allowed is a link'),
        ('[[block-list]]\nzone = "a.example"\nlink = "x{ip}"', 'block-list "a.example", link: "x{ip}" is not'),
        ('[[block-list]]\nzone = "a.example"\ncodes = ["192.0.2.1"]', "allowed are addresses in 127.0.0.0/8"),
        ('[spam]\nheader = "X Spam:"', 'spam, header: "X Spam:" is not allowed; allowed is a name'),
        (
            '[[signing]]\ndomain = "a.example"\nselector = "a b"\nkey = "whybounce.toml"',
            'selector: "a b" is not allowed; allowed is a name such as "s1"',
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_that_says_what_is_needed(written, text, said):
    """And never a password."""
    lines = faults(written(text))

    assert [line for line in lines if said in line] != []
    assert "swordfish" not in "".join(lines)


def test_a_file_that_cannot_be_read_is_said(tmp_path):
    """Not there, a folder, or not UTF-8."""
    (tmp_path / "latin.toml").write_bytes(b'name = "\xfc"')

    assert faults(tmp_path / "gone.toml") == ["cannot be read: No such file or directory"]
    assert faults(tmp_path) == ["cannot be read: Is a directory"]
    assert faults(tmp_path / "latin.toml") == ["is not UTF-8: invalid start byte (at line 1)"]


@pytest.fixture(scope="module")
def pem(tmp_path_factory) -> Path:
    """Return a folder with what an operator may mix up."""
    folder = tmp_path_factory.mktemp("pem")
    issued, other = (trustme.CA().issue_cert("mail.example.org") for _ in range(2))
    key = issued.private_key_pem.bytes()
    (folder / "certificate.pem").write_bytes(issued.cert_chain_pems[0].bytes())
    (folder / "key.pem").write_bytes(key)
    (folder / "other.pem").write_bytes(other.private_key_pem.bytes())
    (folder / "both.pem").write_bytes(issued.private_key_and_cert_chain_pem.bytes())
    (folder / "junk.pem").write_text("junk")
    encrypted = load_pem_private_key(key, None).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"swordfish")
    )
    (folder / "encrypted.pem").write_bytes(encrypted)
    return folder


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ({"certificate": "junk", "key": "key"}, "certificate: {junk} holds no certificate in PEM"),
        ({"certificate": "key", "key": "key"}, "certificate: {key} holds no certificate in PEM"),
        ({"certificate": "certificate", "key": "junk"}, "key: {junk} holds no private key in PEM"),
        (
            {"certificate": "certificate"},
            "certificate: {certificate} holds no private key in PEM; name the file that does as key",
        ),
        (
            {"certificate": "certificate", "key": "other"},
            "key: {other} is the key of another certificate than {certificate}",
        ),
        (
            {"certificate": "certificate", "key": "encrypted"},
            "key: the key in {encrypted} is encrypted, and nobody is there to type its passphrase; needed is one without",
        ),
        ({"certificate": "both", "clients": "junk"}, "clients: {junk} holds no certificate in PEM"),
    ],
)  # fmt: skip
def test_of_certificates_and_keys_the_file_at_fault_is_named(written, pem, names, said):
    """OpenSSL's own words say neither which it is nor what is wrong with it, and it asks at the terminal."""
    files = "".join(f'{option} = "{pem}/{name}.pem"\n' for option, name in names.items())

    named = {file.stem: shown(str(file)) for file in pem.iterdir()}

    (line,) = faults(written(f'{LISTENER}tls = "starttls"\n{files}'))
    assert line == f'listener "a", {said.format(**named)}'


@pytest.mark.parametrize("name", ["192.0.2.1", "mail.123", "not a host", "a..b"])
def test_what_is_no_name_of_a_host_is_told_so(written, name):
    """An IP address among them: servers would be greeted with it, RFC 5321 §4.1.4."""
    (line,) = faults(written(f'[server]\nname = "{name}"\n'))

    assert line.startswith(f'server, name: "{name}" is not allowed; allowed is a domain such as')


def test_the_line_that_is_not_utf_8_is_named(tmp_path):
    """Of many lines one is looked for."""
    (tmp_path / "latin.toml").write_bytes(b'[server]\nqueue = "a"\n# M\xfcnchen\n')

    assert faults(tmp_path / "latin.toml")[0].endswith("(at line 3)")


@pytest.mark.parametrize("deep", ["[" * 9_000 + "]" * 9_000, "{a=" * 9_000 + "1" + "}" * 9_000])
def test_what_nobody_could_have_meant_is_said_too(written, deep):
    """Tables in tables in tables: no fault of ours."""
    (line,) = faults(written(f"x = {deep}"))

    assert line == "cannot be used: its arrays and tables stand in one another too deeply"


def test_a_key_without_permission_is_said(written, tmp_path, monkeypatch):
    """As root everything can be read, so the system's answer is given here."""
    (tmp_path / "key.pem").write_text("")
    monkeypatch.setattr("os.access", lambda *_: False)

    lines = faults(written(LISTENER + 'key = "key.pem"'))
    assert lines == ['listener "a", key: "key.pem" cannot be read: permission denied']


def test_the_environment_overrides_every_key_of_the_server(written, tmp_path, monkeypatch):
    """Paths in it are relative to where one is; those of the file, to the file."""
    monkeypatch.chdir("/")
    path = written('[server]\nnode = "a"\nqueue = "here"\ndrain = "1s"\n')

    there = read_config(path, {"WHYBOUNCE_SEED": "7", "WHYBOUNCE_PORT": "tcp://192.0.2.1:25"})
    environ = {"WHYBOUNCE_NODE": "b", "WHYBOUNCE_QUEUE": "there", "WHYBOUNCE_MAILBOXES": "boxes"}
    overridden = read_config(path, environ).server

    assert (there.server.node, there.server.queue) == ("a", f"sqlite:///{tmp_path}/here/queue.db")
    assert (overridden.node, overridden.queue) == ("b", "sqlite:////there/queue.db")
    assert (overridden.mailboxes, overridden.drain) == ("/boxes", timedelta(seconds=1))
    assert list(environment_names()) == [
        each.replace("_", "-") for each in Server.__struct_fields__
    ]


def test_a_variable_that_is_wrong_is_said_by_its_name():
    """Not by the key of a file that is right."""
    assert faults(None, {"WHYBOUNCE_DRAIN": "soon"}) == [
        (
            'WHYBOUNCE_DRAIN: "soon" is not allowed; allowed is a duration such as "30s", "15m", "4h"'
            ' or "5d"'
        )
    ]


def test_a_postgresql_queue_is_taken_as_it_is(written):
    """Only folders become files of SQLite's."""
    url = "postgresql://user@host/name"

    assert read_config(written(f'[server]\nqueue = "{url}"'), {}).server.queue == url


def test_a_profile_lies_under_the_file(written):
    """What the file says wins, key by key."""
    config = read_config(
        written('[server]\nprofile = "exchange-online"\n[limits]\nhops = 25\n'), {}
    )

    assert config.limits.hops == 25
    assert config.limits.recipients_per_day == 10_000
    assert config.limits.received_per_hour_from_one_sender == 1188
    assert config.schedule.expire_after == timedelta(hours=24)


def test_the_standard_profile_says_nothing():
    """Its numbers are the keys' own, so that they stand in one place."""
    assert read_config(None, {"WHYBOUNCE_PROFILE": "standard"}) == read_config(None, {})


def test_the_directory_may_stand_in_a_file_or_in_the_configuration(written, tmp_path):
    """And is checked as a whole either way."""
    organisation = (
        '[[{0}organisation]]\nname = "A"\n[[{0}organisation.domain]]\nname = "a.example"\n'
    )
    twice = organisation.format("directory.") * 2
    (tmp_path / "directory.toml").write_text(organisation.format(""))
    from_file = read_config(written('[directory]\nfile = "directory.toml"'), {})
    inline = read_config(written(organisation.format("directory.")), {})
    faulty = read_config(written(twice), {})

    assert directory_of(from_file) == directory_of(inline)
    with pytest.raises(DirectoryError, match=r"configuration: organisation \"A\""):
        directory_of(faulty)


def test_a_listener_reads_as_the_dialogue_wants_it():
    """No key without a meaning: each is described for the documents."""
    from whybounce.gateway.config import described  # noqa: PLC0415

    keys = [key for key, *_ in described(Listener)]

    assert re.fullmatch(r"[a-z0-9-]+(,[a-z0-9-]+)+", ",".join(keys))
    assert all(meaning.endswith(".") for *_, meaning in described(Listener))


WEBHOOK = """
[[webhook]]
name = "crm"
url = "https://crm.example.org/in?key=hidden"
"""
LONG = "a secret of enough letters"


def test_a_webhooks_secret_may_stand_elsewhere(written, tmp_path):
    """In a file, or in the environment; it is never shown."""
    (tmp_path / "crm.secret").write_text(f"{LONG}\n")
    in_file = read_config(written(f'{WEBHOOK}secret-file = "crm.secret"'), {})
    outside = read_config(written(f'{WEBHOOK}secret-environment = "CRM"'), {"CRM": LONG})

    assert in_file.webhook[0].secret == outside.webhook[0].secret == LONG
    assert LONG not in repr(in_file)
    assert "hidden" not in repr(in_file)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (WEBHOOK, 'webhook "crm", secret: is missing; `whybounce webhooks secret` makes one'),
        (f'{WEBHOOK}secret = "hidden"', 'webhook "crm", secret: is not allowed; allowed is at least 24 octets'),
        (f'{WEBHOOK}secret = "whsec_hidden~"', 'webhook "crm", secret: is not allowed'),
        (f'{WEBHOOK}secret-environment = "CRM"', 'the environment has no variable "CRM"'),
        (f'{WEBHOOK}secret = "{LONG}"'.replace("https", "http"), "url: is not allowed; allowed is https://"),
        (f'{WEBHOOK}secret = "{LONG}"'.replace("https://", "https:/"), "url: is not allowed"),
        (f'{WEBHOOK}secret = "{LONG}"'.replace("crm.example", "a:b@crm.example"), "url: is not allowed"),
        (f'{WEBHOOK}secret = "{LONG}"'.replace('"crm"', '"c r m"'), "allowed are letters, digits, - and _"),
        (f'{WEBHOOK}secret = "{LONG}"{WEBHOOK}secret = "{LONG}"', "this name stands twice"),
        (f'{WEBHOOK}secret = "{LONG}"\nevents = ["opened"]', '"failed", "expired", "withheld" or "complaint"'),
        (f'{WEBHOOK}secret = "{LONG}"\nevents = []', "events: is empty"),
    ],
)  # fmt: skip
def test_a_webhook_that_cannot_work_is_said_without_its_secrets(written, text, said):
    """One line each."""
    lines = faults(written(text))

    assert said in lines[0]
    assert "hidden" not in lines[0]


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("", ""),
        ('[web]\naddress = "127.0.0.1:8025"', ""),
        ('[web]\naddress = "192.0.2.1:8025"', "http://192.0.2.1:8025/delist"),
        ('[web]\naddress = "[2001:db8::1]:8025"', "http://[2001:db8::1]:8025/delist"),
        ('[server]\nname = "mail.example.org"\n[web]\naddress = "0.0.0.0:80"', "http://mail.example.org:80/delist"),
        ('[web]\naddress = "192.0.2.1:80"\n[reports]\ndelisting = "https://a.example"', "https://a.example"),
    ],
)  # fmt: skip
def test_where_removal_is_asked_for_follows_from_where_the_pages_are(written, text, page):
    """Unless it is said; an address that only this machine reaches is no use to anybody else."""
    assert read_config(written(text), {}).delisting == page
