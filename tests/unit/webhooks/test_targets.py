"""Reading the URL of an endpoint."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builds.webhooks.targets import BadTarget, read_target


@pytest.mark.parametrize(
    ("url", "stored"),
    [
        ("https://example.org", "https://example.org/"),
        ("HTTPS://Example.ORG.:443/Hook?a=1&b=%20", "https://example.org/Hook?a=1&b=%20"),
        ("https://example.org?x=1", "https://example.org/?x=1"),
        ("https://example.org:8443/a", "https://example.org:8443/a"),
        ("https://8.8.8.8/", "https://8.8.8.8/"),
        ("https://[2606:4700:4700:0::1111]/x", "https://[2606:4700:4700::1111]/x"),
        ("https://example.org/a@b:c", "https://example.org/a@b:c"),
    ],
)
def test_one_spelling_is_stored_and_called(url: str, stored: str) -> None:
    assert read_target(url).url == stored
    assert read_target(stored).url == stored


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "form"),
        ("example.org", "form"),
        ("ftp://example.org/", "form"),
        ("http\u017f://example.org/", "form"),
        ("https://\u212aample.org/", "form"),
        ("file:///etc/passwd", "form"),
        ("https://", "form"),
        ("https:///path", "form"),
        ("https://user@example.org/", "form"),
        ("https://user:password@example.org/", "form"),
        ("https://8.8.8.8@127.0.0.1/", "form"),
        ("https://127.0.0.1\\@example.org/", "form"),
        ("https://example.org\\.internal/", "form"),
        ("https://example.org/#part", "form"),
        ("https://example.org/a b", "form"),
        ("https://example.org/\r\nX: y", "form"),
        ("https://example.org/\n", "form"),
        ("https://example.org/ü", "form"),
        ("https://exämple.org/", "form"),
        ("https://example.org/\x00", "form"),
        ("https://example.org/\ud800", "form"),
        ("https://example.org:443:80/", "form"),
        ("https://[::1%25eth0]/", "form"),
        (f"https://example.org/{'a' * 2000}", "form"),
        ("https://-.org/", "host"),
        ("https://127.1/", "host"),
        ("https://0x7f.0.0.1/", "host"),
        ("https://2130706433/", "host"),
        ("https://[::g]/", "form"),
        ("https://[1:2]/", "host"),
        ("https://example.org:0/", "host"),
        ("https://example.org:65536/", "host"),
        ("http://example.org/", "http"),
        ("https://example.org:22/", "port"),
        ("https://example.org:25/", "port"),
        ("https://127.0.0.1/", "private"),
        ("https://169.254.169.254/latest/meta-data/", "private"),
        ("https://10.1.2.3:8443/", "private"),
        ("https://[::1]/", "private"),
        ("https://[::ffff:127.0.0.1]/", "private"),
        ("https://[64:ff9b::7f00:1]/", "private"),
        ("https://[2002:7f00:1::]/", "private"),
        ("https://localhost/", "private"),
        ("https://LOCALHOST./", "private"),
        ("https://a.localhost/", "private"),
        ("https://printer.local/", "private"),
        ("https://metadata.google.internal/", "private"),
    ],
)
def test_what_must_not_be_called_is_refused(url: str, reason: str) -> None:
    with pytest.raises(BadTarget) as refused:
        read_target(url)
    assert refused.value.reason == reason


def test_the_operator_may_allow_a_private_host_and_plain_http(settings: Any) -> None:
    settings.WEBHOOK_ALLOWED_HOSTS = ["hooks.internal", "127.0.0.1:9000", "[::1]"]
    assert read_target("http://Hooks.Internal:22/x").is_allowed
    assert read_target("http://127.0.0.1:9000/").is_allowed
    assert read_target("https://[0::1]:7/").is_allowed
    for url in ("http://127.0.0.1:9001/", "http://other.internal/", "http://127.0.0.1/"):
        with pytest.raises(BadTarget):
            read_target(url)


@given(st.one_of(st.text(max_size=60), st.from_regex(r"https?://[a-z0-9.:@\[\]/\\%?#-]{1,40}", fullmatch=True)))
def test_another_reader_never_sees_another_host(url: str) -> None:
    try:
        target = read_target(url)
    except BadTarget:
        return
    seen = urlsplit(target.url)
    assert (seen.hostname, seen.port or 443, seen.scheme) == (target.host, target.port, "https")
    assert seen.username is seen.password is None
    assert urlsplit(url).hostname in {target.host, f"{target.host}."} or ":" in target.host
