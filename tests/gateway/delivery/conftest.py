"""Certificates that nobody but these tests trusts."""

import ssl
from collections.abc import Callable, Iterable

import pytest
import trustme

from whybounce.gateway.delivery.tls_policies import TlsPolicy


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """Make an authority that nobody trusts unless told to."""
    return trustme.CA()


@pytest.fixture(scope="session")
def certified(authority: trustme.CA) -> Callable[[Iterable[str]], ssl.SSLContext]:
    """Make a server's context with a certificate for these names."""

    def certify(names: Iterable[str], **more: object) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert(*names, **more).configure_cert(context)
        return context

    return certify


@pytest.fixture
def verifying(authority: trustme.CA) -> TlsPolicy:
    """Return a policy that demands TLS with a certificate the authority gave."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(context)
    return TlsPolicy("mta-sts", context, required=True, untrusted="mta-sts-certificate")
