"""TLS as a client: whose certificates are taken, and what OpenSSL says where one is not."""

import ssl
from pathlib import Path


def opportunistic_context() -> ssl.SSLContext:
    """Return the context of a client that takes any certificate: RFC 3207 §4.1, RFC 7435.

    Most servers' certificates are their own; encryption without a name is still better than none.
    """
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def verifying_context(authorities: Path | None = None) -> ssl.SSLContext:
    """Return the context of a client that takes only certificates this system trusts.

    They must name whom we ask for as a DNS-ID: RFC 8461 §4.2, RFC 9525 §6.3.

    Args:
        authorities: A file of more to trust, PEM.

    Raises:
        OSError: The file cannot be read, or holds no certificate.

    """
    context = ssl.create_default_context()
    context.hostname_checks_common_name = False
    if authorities is not None:
        context.load_verify_locations(authorities)
    return context


def words_of(error: ssl.SSLError) -> str:
    """Return OpenSSL's words for what went wrong: ``certificate verify failed``."""
    return (error.reason or str(error)).replace("_", " ").lower()
