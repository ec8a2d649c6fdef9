"""Values that TOML has no type for are read as they are written, and written as they are read."""

from datetime import timedelta

import pytest
from hypothesis import given, strategies as st

from whybounce.gateway.values import Duration, Endpoint, Folder, IpAddress, Network, Secret, Size


@pytest.mark.parametrize(
    ("written", "seconds"), [("0s", 0), ("90s", 90), ("15m", 900), ("4h", 14_400), ("5d", 432_000)]
)
def test_a_duration_has_its_unit(written, seconds):
    """It is a timedelta to whoever uses it."""
    assert Duration.parse(written) == timedelta(seconds=seconds)


@given(st.integers(0, 999_999))
def test_a_duration_reads_as_it_is_written(seconds):
    """The largest unit that fits."""
    duration = Duration(seconds=seconds)

    assert Duration.parse(str(duration)) == duration


@given(st.integers(0, 999_999_999))
def test_a_size_reads_as_it_is_written(octets):
    """The largest unit that fits."""
    size = Size(octets)
    written = str(size)

    assert Size.parse(int(written) if written.isdigit() else written) == size


@pytest.mark.parametrize(
    ("written", "octets"), [(17, 17), ("17 B", 17), ("64 KB", 65_536), ("25MB", 26_214_400)]
)
def test_a_kilobyte_is_1024_octets(written, octets):
    """As mail systems count."""
    assert Size.parse(written) == octets


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (Duration, "4"), (Duration, 4), (Duration, "4 weeks"), (Duration, "-4h"), (Duration, "٤h"),
        (Size, "25 MiB"), (Size, -1), (Size, True), (Size, "25mb"), (Size, None), (Size, 1 << 62),
        (Endpoint, "25"), (Endpoint, ":25"), (Endpoint, "::1:25"), (Endpoint, "1.2.3.4:70000"),
        (Endpoint, "1.2.3:25"), (Endpoint, "[1.2.3.4]:25"), (Endpoint, 25), (Endpoint, "a b:25"),
        (Network, "192.0.2.1/24"), (Network, "all"), (Network, 0), (Network, 3221225985),
        (IpAddress, "192.0.2.0/24"), (IpAddress, 1), (IpAddress, "mail.example.org"),
        (Secret, ""), (Secret, 1), (Folder, ""), (Folder, "a\0b"), (Folder, 1),
    ],
)  # fmt: skip
def test_what_is_none_is_refused(kind, wrong):
    """With the one error that readers of files expect."""
    with pytest.raises(ValueError, match=r"."):
        kind.parse(wrong)


@pytest.mark.parametrize(
    ("written", "host", "port", "loopback"),
    [
        ("0.0.0.0:25", "0.0.0.0", 25, False),  # noqa: S104  # read, not bound
        ("127.0.0.1:2525", "127.0.0.1", 2525, True),
        ("[::1]:0", "::1", 0, True),
        ("[2001:db8::1]:587", "2001:db8::1", 587, False),
        ("localhost:25", "localhost", 25, True),
        ("mail.example.org:25", "mail.example.org", 25, False),
    ],
)
def test_an_endpoint_is_a_host_and_a_port(written, host, port, loopback):
    """IPv6 stands in brackets, and without them where it is used."""
    endpoint = Endpoint.parse(written)

    assert (endpoint.host, endpoint.port, endpoint.is_loopback) == (host, port, loopback)


def test_a_secret_is_not_shown():
    """Neither by itself nor in what holds it."""
    assert "swordfish" not in repr({"password": Secret.parse("swordfish")})
