"""What the world's servers show, as a client that trusts the world's authority sees it."""

import ssl

import pytest

from whybounce.provoking.certificates import Authority, Shown


def shaken(server: ssl.SSLContext, authority: Authority, name: str) -> None:
    """Shake hands in memory; raise what the client finds wrong."""
    trusting = ssl.create_default_context(cadata=authority.pem.decode())
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = trusting.wrap_bio(to_client, to_server, server_hostname=name)
    theirs = server.wrap_bio(to_server, to_client, server_side=True)
    for side in (ours, theirs, ours):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue


@pytest.mark.parametrize(
    ("shown", "wrong"),
    [
        (Shown.GOOD, None),
        (Shown.EXPIRED, "certificate has expired"),
        (Shown.ANOTHERS, "Hostname mismatch"),
    ],
)
def test_a_certificate_has_the_fault_it_was_asked_for(shown, wrong):
    authority = Authority()
    context = authority.context(["mx.provoke.example"], shown)

    if wrong is None:
        shaken(context, authority, "mx.provoke.example")
        return
    with pytest.raises(ssl.SSLCertVerificationError, match=wrong):
        shaken(context, authority, "mx.provoke.example")


def test_no_two_worlds_share_an_authority():
    """Each start makes its own; the key is nowhere but in memory."""
    one, other = Authority(), Authority()

    assert one.tlsa != other.tlsa
    with pytest.raises(ssl.SSLCertVerificationError, match="certificate verify failed"):
        shaken(one.context(["mx.provoke.example"]), other, "mx.provoke.example")
