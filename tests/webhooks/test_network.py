"""The way onto the network: the address that is checked is the one that is called, at each delivery; and TLS."""

import datetime
import socket
import ssl
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from builds.webhooks import sending, targets
from builds.webhooks.outcomes import Outcome
from builds.webhooks.targets import Target
from tests.stand_ins import webhook_receiver as stand_in
from tests.stand_ins.webhook_receiver import Receiver
from tests.webhooks.conftest import Receive

Names = dict[str, list[str]]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """Answer for the system's resolver: what each name leads to at this moment."""
    known: Names = {}
    system = socket.getaddrinfo

    def ask(host: str, port: int, *given: Any, **named: Any) -> Any:
        found = [system(address, port, *given, **named) for address in known.get(host, [])]
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return [each for answers in found for each in answers]

    monkeypatch.setattr(socket, "getaddrinfo", ask)
    return known


def called(receiver: Receiver, host: str, *, scheme: str = "http", is_allowed: bool = False) -> Outcome:
    return sending.post(Target(scheme, host, receiver.port, "/", is_allowed), {}, b"{}", seconds=5)


@pytest.mark.parametrize(
    "found",
    [
        ["127.0.0.1"],
        ["8.8.8.8", "127.0.0.1"],
        ["127.0.0.1", "8.8.8.8"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["2606:4700:4700::1111", "fd00::1"],
        ["64:ff9b::7f00:1"],
        ["169.254.169.254"],
        ["0.0.0.0"],  # noqa: S104  an address that is called, not listened on
    ],
)
def test_a_name_that_leads_to_anything_private_is_not_called(names: Names, receive: Receive, found: list[str]) -> None:
    receiver = receive()
    names["rebound.example.org"] = found
    assert called(receiver, "rebound.example.org").error == "address.refused"
    assert receiver.requests == []


def test_a_name_that_the_operator_allows_may_lead_anywhere(names: Names, receive: Receive) -> None:
    receiver = receive()
    names["hooks.internal"] = ["127.0.0.1"]
    assert called(receiver, "hooks.internal", is_allowed=True).status == 204
    assert receiver.requests[0].headers["host"] == f"hooks.internal:{receiver.port}"


def test_a_name_is_asked_for_once_so_that_no_second_answer_is_believed(
    names: Names, receive: Receive, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    first = socket.getaddrinfo

    def ask(host: str, *more: Any, **named: Any) -> Any:
        asked.append(host)
        return first(host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", ask)
    names["rebound.example.org"] = ["127.0.0.1"]
    assert called(receive(), "rebound.example.org", is_allowed=True).status == 204
    assert asked.count("rebound.example.org") == 1


def test_the_second_address_is_tried_when_the_first_does_not_answer(names: Names, receive: Receive) -> None:
    receiver = receive()
    names["hooks.internal"] = ["127.0.0.2", "127.0.0.1"]
    assert called(receiver, "hooks.internal", is_allowed=True).status == 204


def test_a_resolver_that_does_not_answer_is_not_waited_for(receive: Receive, monkeypatch: pytest.MonkeyPatch) -> None:
    receiver = receive()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [][: receiver.stopping.wait(20)])
    outcome = sending.post(Target("https", "slow.example.org", 443, "/", is_allowed=False), {}, b"{}", seconds=0.2)
    assert outcome.error == "answer.too_slow"
    assert outcome.duration_ms < 5000


def test_a_redirect_is_not_followed_even_to_an_allowed_host(receive: Receive, settings: Any) -> None:
    other = receive()
    receiver = receive(stand_in.status(308, Location=other.url))
    settings.WEBHOOK_ALLOWED_HOSTS = ["localhost"]
    outcome = sending.post(targets.read_target(receiver.url), {}, b"{}")
    assert (outcome.error, outcome.status, other.requests) == ("answer.redirect", 308, [])


def test_who_answers_before_it_read_everything_is_heard(receive: Receive) -> None:
    target = Target("http", "localhost", receive(stand_in.status(413, b"too much")).port, "/", is_allowed=True)
    assert sending.post(target, {}, b"x" * 3_000_000, seconds=5).status == 413


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """Make a certificate for hooks.internal and 127.0.0.1, which this process trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hooks.internal")])
    now = datetime.datetime.now(datetime.UTC)
    alternatives = [x509.DNSName("hooks.internal"), x509.IPAddress(IPv4Address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder(
            name, name, key.public_key(), x509.random_serial_number(), now, now + datetime.timedelta(1)
        )
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = tmp_path / "certificate.pem", tmp_path / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, private)
    return context


def test_tls_is_spoken_with_the_name_of_the_url_at_the_checked_address(
    names: Names, receive: Receive, tls: ssl.SSLContext
) -> None:
    asked: list[str] = []
    tls.sni_callback = lambda _socket, name, _context: asked.append(name)
    receiver = receive(tls=tls)
    names["hooks.internal"] = names["127.0.0.1"] = ["127.0.0.1"]
    assert called(receiver, "hooks.internal", scheme="https", is_allowed=True).status == 204
    assert called(receiver, "127.0.0.1", scheme="https", is_allowed=True).status == 204
    assert asked[0] == "hooks.internal"


def test_a_certificate_for_another_name_or_of_nobody_known_is_refused(
    names: Names, receive: Receive, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver = receive(tls=tls)
    names["other.internal"] = names["hooks.internal"] = ["127.0.0.1"]
    assert called(receiver, "other.internal", scheme="https", is_allowed=True).error == "tls.failed"
    monkeypatch.delenv("SSL_CERT_FILE")
    assert called(receiver, "hooks.internal", scheme="https", is_allowed=True).error == "tls.failed"
    assert receiver.requests == []


def test_https_to_what_speaks_no_tls_fails_as_such(names: Names, receive: Receive) -> None:
    names["hooks.internal"] = ["127.0.0.1"]
    assert called(receive(), "hooks.internal", scheme="https", is_allowed=True).error == "tls.failed"
