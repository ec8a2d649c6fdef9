"""What no key of the configuration says alone: keys that contradict each other, files that cannot be used."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from whybounce.catalogue import catalogue
from whybounce.checking.tls import verifying_context
from whybounce.gateway.config.tables import Config, Kind, Listener, OutboundTls, Webhook
from whybounce.gateway.delivery.signing import UnusableKeyError, read_key
from whybounce.gateway.policies import POLICIES
from whybounce.gateway.shaping import shown, unknown_key
from whybounce.gateway.smtp.server.settings import TlsMode
from whybounce.gateway.smtp.tls import EncryptedKeyError, server_context
from whybounce.gateway.store import schedules
from whybounce.gateway.values import Endpoint
from whybounce.gateway.webhooks.signing import WANTED as SECRET_WANTED, key_of

_SELECTOR = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*")  # RFC 6376 §3.1.
_FIELD_NAME = re.compile(r"[!-9;-~]+")  # RFC 5322 §3.6.8.
_WEBHOOK_NAME = re.compile(r"[A-Za-z0-9_-]{1,60}")


def contradictions(config: Config) -> Iterator[tuple[str, str]]:
    """Yield what no key says alone: where, and what is wrong."""
    for each in (
        _listeners,
        _policies,
        _signing,
        _retry,
        _webhooks,
        _waits,
        _words_in_mail,
        _outbound,
        _forwarding,
        _directory,
    ):
        yield from each(config)


def _listeners(config: Config) -> Iterator[tuple[str, str]]:
    names = Counter(each.name for each in config.listener)
    pages = (config.server.operating, config.web.address)
    mail = [at for each in config.listener for at in each.addresses]
    taken = Counter(at for at in (*mail, *pages) if at is not None and at.port)
    for name in (name for name, times in names.items() if times > 1):
        yield f"listener {shown(name)}", "this name stands twice; each listener has its own"
    for address in (address for address, times in taken.items() if times > 1):
        if address in mail:
            said = f"{shown(address)} stands twice; one listener can have it"
            if address in pages:
                said = f"{shown(address)} is that of web pages too; each needs a port of its own"
            yield "listener, addresses", said
        else:
            yield "web, address", f"{shown(address)} stands in server, operating too"
    for each in config.listener:
        place = f"listener {shown(each.name)}"
        if not each.addresses:
            yield f"{place}, addresses", f"is empty; needed is at least one {Endpoint.WANTED[2:]}"
        if each.tls is not TlsMode.OFF:
            yield from _certificate(each, place)
        if each.require_tls and each.tls is TlsMode.OFF:
            yield f"{place}, require-tls", 'true is not allowed with tls = "off"'
        if each.require_auth and each.tls is TlsMode.OFF and not _lets_in_without_tls(each):
            yield (
                f"{place}, require-auth",
                'true is not allowed with tls = "off"; nobody could log in there',
            )
        local = all(at.is_loopback for at in each.addresses)
        if each.kind is Kind.SUBMISSION and each.tls is TlsMode.OFF and not local:
            yield (
                f"{place}, tls",
                '"off" is not allowed where people log in; allowed is "starttls" or "implicit"',
            )
        elif (
            each.kind is Kind.SUBMISSION
            and each.tls is TlsMode.OFF
            and not (each.require_auth or _lets_in_without_tls(each))
        ):
            yield (
                f"{place}, tls",
                '"off" lets nobody log in there; allowed is "starttls", "implicit", or auth-without-tls = true',
            )


def _lets_in_without_tls(listener: Listener) -> bool:
    """Whether somebody may log in, or be said to have: XCLIENT names accounts too."""
    return listener.auth_without_tls or bool(listener.xclient)


def _words_in_mail(config: Config) -> Iterator[tuple[str, str]]:
    """Hold that what stands in replies and notices can stand there."""
    reports = config.reports
    for place, text in (
        ("reports, from-name", reports.from_name),
        ("reports, organisation", reports.organisation),
    ):
        if not all(map(str.isprintable, text)):
            yield place, f"{shown(text)} is not allowed; allowed is one line of text"
    links = [
        ("reports, help-base", reports.help_base),
        ("reports, delisting", reports.delisting),
        *((f"block-list {shown(each.zone)}, link", each.link) for each in config.block_list),
    ]
    for place, link in links:
        if link and not _is_link(link.replace("{ip}", "192.0.2.1"), {"https", "http"}):
            yield place, f"{shown(link)} is not allowed; allowed is a link: https:// and a host"
    for each in config.block_list:
        for code in each.codes:
            if not code.addresses.is_loopback:
                yield (
                    f"block-list {shown(each.zone)}, codes",
                    f"{shown(code)} is not allowed; allowed are addresses in 127.0.0.0/8",
                )
    if config.spam.header and not _FIELD_NAME.fullmatch(config.spam.header):
        yield (
            "spam, header",
            f'{shown(config.spam.header)} is not allowed; allowed is a name such as "X-Spam-Flag"',
        )
    languages = sorted(catalogue().frames)
    if config.reports.language not in languages:
        yield (
            "reports, language",
            f"{shown(config.reports.language)} is not allowed; allowed is {' or '.join(languages)}",
        )


def _certificate(listener: Listener, place: str) -> Iterator[tuple[str, str]]:
    """Hold that there is a certificate with its key, by using them."""
    certificate, key = listener.certificate, listener.key
    if certificate is None:
        yield f"{place}, certificate", f"is missing; tls = {shown(listener.tls)} needs it"
        return
    try:
        server_context(
            str(certificate),
            None if key is None else str(key),
            None if listener.clients is None else str(listener.clients),
        )
    except OSError as error:  # OpenSSL's errors are among them.
        option, what = _unusable(listener, certificate, error)
        yield f"{place}, {option}", what


def _unusable(listener: Listener, certificate: Path, error: OSError) -> tuple[str, str]:
    """Return which of a listener's files is at fault, and why: OpenSSL says neither."""
    key, clients = listener.key or certificate, listener.clients
    of_key = "key" if listener.key else "certificate"
    if isinstance(error, EncryptedKeyError):
        why = "is encrypted, and nobody is there to type its passphrase; needed is one without"
        return of_key, f"the key in {shown(str(key))} {why}"
    if not _holds(certificate, b"CERTIFICATE-----"):
        return "certificate", f"{shown(str(certificate))} holds no certificate in PEM"
    if not _holds(key, b"PRIVATE KEY-----"):
        missing = "" if listener.key else "; name the file that does as key"
        return of_key, f"{shown(str(key))} holds no private key in PEM{missing}"
    if clients is not None and not _holds(clients, b"CERTIFICATE-----"):
        return "clients", f"{shown(str(clients))} holds no certificate in PEM"
    if getattr(error, "reason", None) == "KEY_VALUES_MISMATCH":
        return (
            "key",
            f"{shown(str(key))} is the key of another certificate than {shown(str(certificate))}",
        )
    why = getattr(error, "reason", None) or error.strerror or "it holds none"
    said = f"{shown(str(certificate))} cannot be used with its key"
    return "certificate", f"{said}: {why.replace('_', ' ').lower()}"


def _holds(file: Path, mark: bytes) -> bool:
    try:
        return mark in file.read_bytes()
    except OSError:
        return False


def _webhooks(config: Config) -> Iterator[tuple[str, str]]:
    """Hold that each can be called and signed for, without a word of what is secret."""
    names = Counter(each.name for each in config.webhook)
    for name in (name for name, times in names.items() if times > 1):
        yield f"webhook {shown(name)}", "this name stands twice; each webhook has its own"
    for each in config.webhook:
        place = f"webhook {shown(each.name)}"
        if not _WEBHOOK_NAME.fullmatch(each.name):
            yield f"{place}, name", "is not allowed; allowed are letters, digits, - and _"
        allowed = "http:// or https://" if each.private else "https://"
        if not _is_link(each.url, {"https", "http"} if each.private else {"https"}):
            yield f"{place}, url", f"is not allowed; allowed is {allowed}, a host, and a path"
        if not each.events:
            yield f"{place}, events", "is empty; without the key it is told of all"
        yield from _signed_for(each, place)


def _is_link(url: str, schemes: set[str]) -> bool:
    try:
        parts = urlsplit(url)
        is_whole = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return (
        is_whole and url.isascii() and url.isprintable() and " " not in url and not parts.username
    )


def _signed_for(webhook: Webhook, place: str) -> Iterator[tuple[str, str]]:
    ways = {
        "secret": webhook.secret is not None,
        "secret-file": webhook.secret_file is not None,
        "secret-environment": bool(webhook.secret_environment),
    }
    if webhook.secret is None:
        empty = next((way for way, is_said in ways.items() if is_said), None)
        if empty == "secret-environment":
            name = webhook.secret_environment
            yield f"{place}, {empty}", f"the environment has no variable {shown(name)}"
        elif empty:
            yield f"{place}, {empty}", "the file holds nothing that can be read"
        else:
            yield f"{place}, secret", "is missing; `whybounce webhooks secret` makes one"
        return
    try:
        key_of(webhook.secret)
    except ValueError:
        yield f"{place}, secret", f"is not allowed; allowed is {SECRET_WANTED}"


def _policies(config: Config) -> Iterator[tuple[str, str]]:
    known = {policy.name: policy for policy in POLICIES}
    for name in config.policies.keys() - known.keys():
        yield f"policies, {name}", unknown_key(name, known)


def _signing(config: Config) -> Iterator[tuple[str, str]]:
    """Hold that each key signs, and that a domain has one."""
    for each in config.signing:
        if not _SELECTOR.fullmatch(each.selector):
            yield (
                f"signing {shown(each.domain)}, selector",
                f'{shown(each.selector)} is not allowed; allowed is a name such as "s1"',
            )
        try:
            read_key(each.domain, each.selector, each.key)
        except (OSError, UnusableKeyError) as error:
            yield (
                f"signing {shown(each.domain)}, key",
                f"{shown(str(each.key))} cannot sign: {error}",
            )
    for domain, count in Counter(each.domain for each in config.signing).items():
        if count > 1:
            yield f"signing {shown(domain)}", "stands twice; allowed is one key for each domain"


def _outbound(config: Config) -> Iterator[tuple[str, str]]:
    outbound = config.outbound
    if outbound.smarthost_account and outbound.smarthost_password is None:
        yield "outbound, smarthost-password", "is missing; smarthost-account needs it"
    if outbound.smarthost_password is not None and not outbound.smarthost_account:
        yield "outbound, smarthost-account", "is missing; smarthost-password needs it"
    if (
        outbound.smarthost_password is not None
        and outbound.tls is OutboundTls.OFF
        and outbound.smarthost
        and not outbound.smarthost.is_loopback
    ):
        yield (
            "outbound, tls",
            '"off" is not allowed with smarthost-password, which could be read on the way',
        )
    if outbound.smarthost and not outbound.smarthost.port:
        yield "outbound, smarthost", "port 0 is not allowed; allowed is a port from 1 to 65535"
    if outbound.authorities is not None:
        yield from _authorities(outbound.authorities)
    families = Counter(":" in address for address in outbound.source_addresses)
    if any(count > 1 for count in families.values()):
        yield "outbound, source-addresses", "has two of one family; allowed is one of each"


def _authorities(file: Path) -> Iterator[tuple[str, str]]:
    try:
        verifying_context(file)
    except OSError:
        yield "outbound, authorities", f"{shown(str(file))} holds no certificate in PEM"


def _retry(config: Config) -> Iterator[tuple[str, str]]:
    if config.retry.schedule not in schedules():
        named = " or ".join(map(shown, schedules()))
        yield (
            "retry, schedule",
            f"{shown(config.retry.schedule)} is not allowed; allowed is {named}",
        )
        return
    if any(wait <= timedelta() for wait in config.retry.waits):
        yield "retry, waits", '"0s" is not allowed; allowed is a duration above zero'
    schedule = config.schedule
    if schedule.expire_after <= timedelta():
        yield "retry, expire", '"0s" is not allowed; allowed is a duration above zero'


def _waits(config: Config) -> Iterator[tuple[str, str]]:
    """Hold that nobody is given up on before they could answer."""
    limits, outbound = config.limits, config.outbound
    for place, wait in (
        ("outbound, connect", outbound.connect),
        ("outbound, resolver-wait", outbound.resolver_wait),
        ("limits, idle", limits.idle),
        ("limits, data-idle", limits.data_idle),
        ("limits, session", limits.session),
    ):
        if not wait:
            yield place, '"0s" is not allowed; allowed is a duration above zero, such as "10s"'


def _forwarding(config: Config) -> Iterator[tuple[str, str]]:
    if (config.forwarding.domain is None) != (config.forwarding.secret is None):
        yield "forwarding", "domain and secret need each other"


def _directory(config: Config) -> Iterator[tuple[str, str]]:
    """Hold that one directory is named, and that passwords which all know open nothing to others."""
    directory = config.directory
    if directory.file and directory.organisation:
        yield "directory", "has a file and organisations; allowed is one of the two"
    reached = [at for each in config.listener for at in each.addresses if not at.is_loopback]
    if reached and not directory.file and not directory.organisation:
        yield (
            "directory, file",
            (
                f"is missing; {shown(reached[0])} is reached from outside, and the demonstration's"
                " passwords are public"
            ),
        )
