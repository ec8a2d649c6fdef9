"""Servers on the same machine."""

import pytest

from whybounce.notation import is_loopback


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "[127.0.0.1]",
        "127.1.2.3",
        "localhost",
        "LocalHost.LocalDomain",
        "::1",
        "[IPv6:::1]",
    ],
)
def test_the_same_machine_is_known(host):
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["", "mx.example.org", "192.0.2.127", "localhost.example.org", "1270.0.0.1"]
)
def test_another_machine_is_not_taken_for_it(host):
    assert not is_loopback(host)
