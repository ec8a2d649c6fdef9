"""Encoded words, RFC 2047."""

import base64

import pytest
from hypothesis import given, strategies as st

from whybounce.notation import decoded_words


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Undeliverable: =?iso-8859-1?Q?Gr=FC=DFe_an_alle?=", "Undeliverable: Grüße an alle"),
        ("=?ISO-2022-JP?B?GyRCJDMkcyRLJEEkTxsoQg==?=", "こんにちは"),
        ("=?utf-8?q?caf=C3=A9_?=\t =?utf-8?b?YXUgbGFpdA?=", "café au lait"),
        ("=?utf-8*fr?Q?=C3=A9t=C3=A9?=", "été"),
        ("=?utf-8?B?Q2Fmww==?=\t =?utf-8?B?qQ==?=", "Café"),
        ("=?utf-8?Q?Caf=C3?= =?UTF-8?Q?=A9?=", "Café"),
        ("=?iso-8859-1?Q?Caf=E9?= =?utf-8?Q?_=C3=A9?=", "Café é"),
        ("=?is\ufffd-8859-15?Q?a?=", "=?is\ufffd-8859-15?Q?a?="),
        ("=?utf-8?Q?a_?= =?koi8-r?B?8MnT2M3P?=", "a Письмо"),
        ("a =?utf-8?q?b?= c", "a b c"),
        ("plain = text?", "plain = text?"),
        ("=?utf-8?Q?no end", "=?utf-8?Q?no end"),
        ("=?utf-8?X?a?=", "=?utf-8?X?a?="),
        ("=?koi8-r\ufffd?Q?a?=", "=?koi8-r\ufffd?Q?a?="),
        ("=?no-such-charset?Q?a?=", "=?no-such-charset?Q?a?="),
        ("=?utf-8?B?/w==?=", "=?utf-8?B?/w==?="),
        ("=?unicode-escape?Q?=5Cq?=", "=?unicode-escape?Q?=5Cq?="),
        ("=?utf-8?Q?a=0D=0ABcc:_b?=", "a  Bcc: b"),
    ],
)
def test_encoded_words_read_as_people_read_them(written, read):
    """What cannot be decoded stays; a decoded line break begins no field."""
    assert decoded_words(written) == read


@given(st.text(alphabet="=?utf-8qQbB_ AZ09\t\n", max_size=80))
def test_no_value_makes_decoding_raise(value):
    """Whatever stands there."""
    assert isinstance(decoded_words(value), str)


@given(st.text(), st.sampled_from(["utf-8", "utf-7", "hex", "idna", "punycode", "x"]), st.binary())
def test_what_was_decoded_can_be_written_again(text, charset, raw):
    """No half characters come out, whatever the charset is called."""
    word = f"{text}=?{charset}?B?{base64.b64encode(raw).decode()}?={text}"

    assert decoded_words(word).encode().decode() == decoded_words(word)
