"""Authentication-Results and Received-SPF as real servers write them."""

import pytest

from whybounce.notation import authentication_results


def _read(*fields: tuple[str, str]) -> list[tuple[str, str, dict[str, str]]]:
    return [
        (one.method.value, one.result, dict(one.properties))
        for one in authentication_results(fields)
    ]


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        (
            "Authentication-Results",
            "mx.example.org; spf=fail (no) smtp.mailfrom=a@example.com; dkim=none",
            [("spf", "fail", {"smtp.mailfrom": "a@example.com"}), ("dkim", "none", {})],
        ),
        (
            "authentication-results",
            (
                "spf=none (sender IP is 192.0.2.6)\tsmtp.mailfrom=example.com; example.net; dmarc=none "
                "action=none header.from=example.com;"
            ),
            [
                ("spf", "none", {"client-ip": "192.0.2.6", "smtp.mailfrom": "example.com"}),
                (
                    "dmarc",
                    "none",
                    {"client-ip": "192.0.2.6", "action": "none", "header.from": "example.com"},
                ),
            ],
        ),
        (
            "Authentication-Results",
            'x; dkim=fail reason="bad; spf=pass" header.d=a.example dkim=Pass header.d=b.example',
            [
                ("dkim", "fail", {"reason": "-", "header.d": "a.example"}),
                ("dkim", "pass", {"header.d": "b.example"}),
            ],
        ),
        ("Authentication-Results", "x 1; spf/1=pass", [("spf", "pass", {})]),
        ("Authentication-Results", "x; none", []),
        (
            "Received-SPF",
            (
                "Fail (mx.example.org: domain of a@example.com does not designate 192.0.2.1 as permitted "
                "sender) receiver=mx.example.org; helo=h.example;"
            ),
            [
                (
                    "spf",
                    "fail",
                    {
                        "client-ip": "192.0.2.1",
                        "envelope-from": "a@example.com",
                        "receiver": "mx.example.org",
                        "helo": "h.example",
                    },
                )
            ],
        ),
        (
            "Received-SPF",
            "None (protection.outlook.com: example.com does not designate permitted sender hosts)",
            [("spf", "none", {"envelope-from": "example.com"})],
        ),
        ("Received-SPF", "", []),
        ("X-Authentication-Results", "x; spf=fail", []),
    ],
)
def test_results_are_read_as_they_are_written(name, value, read):
    """Methods with their properties; comments and quotations decide nothing."""
    assert _read((name, value)) == read


def test_the_newest_servers_results_come_first():
    """In the order of the header, and whole as evidence."""
    fields = (("Received-SPF", "pass"), ("Authentication-Results", "x;\t spf=fail"))
    results = list(authentication_results(fields))

    assert [one.result for one in results] == ["pass", "fail"]
    assert results[1].written == "Authentication-Results: x; spf=fail"


def test_what_is_read_is_bounded():
    """A thousand fields of a thousand methods are no more than two thousand results."""
    field = ("Authentication-Results", "x; " + "dkim=fail; " * 1_000)

    assert len(_read(*[field] * 1_000)) == 50 * 40
