"""The address that is told of each seal: once, with its secret, and again while it is away."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from audit import anchors, sealing, selectors
from audit import verify_export as proof
from audit.models import AuditAnchor, AuditSeal
from audit.selectors import as_told
from tests.audit.logbook import write_log

pytestmark = pytest.mark.django_db
HEARD: list[tuple[dict[str, str], dict[str, Any]]] = []


class Notary(HTTPServer):
    """Somebody else's server, which notes what it is told."""

    status = 204


class _Noting(BaseHTTPRequestHandler):
    server: Notary

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        HEARD.append((dict(self.headers), body))
        self.send_response(self.server.status)
        self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(autouse=True)
def notary(settings: Any) -> Iterator[Notary]:
    HEARD.clear()
    write_log()
    with Notary(("127.0.0.1", 0), _Noting) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.AUDIT_ANCHOR_URL = f"http://127.0.0.1:{server.server_port}/agentsite?place=1"
        settings.AUDIT_ANCHOR_TOKEN = "between us"
        yield server
        server.shutdown()


def test_the_newest_seal_is_told_once() -> None:
    assert selectors.figures().anchor_pending == 3
    anchors.post_newest()
    anchors.post_newest()
    (headers, told), newest = HEARD[0], AuditSeal.objects.get(number=3)
    assert len(HEARD) == 1
    assert told == {
        "number": 3,
        "hash": proof.seal_hash(as_told(newest)),
        "created_at": proof.moment(newest.created_at),
    }
    assert headers["Authorization"] == "Bearer between us"
    assert selectors.figures().anchor_pending == 0


@pytest.mark.parametrize("status", [500, 401, 302, 308])
def test_what_was_not_taken_is_told_again_with_the_next(notary: Notary, status: int) -> None:
    notary.status = status
    anchors.post_newest()
    assert not AuditAnchor.objects.exists()
    notary.status = 200
    sealing.seal_all()
    assert selectors.figures().anchor_pending == 4
    anchors.post_newest()
    assert [told["number"] for _, told in HEARD] == [3, 4]
    assert selectors.figures().anchor_pending == 0


def test_an_address_that_is_away_stops_nothing(settings: Any, notary: Notary) -> None:
    notary.shutdown()
    notary.server_close()
    anchors.post_newest()
    assert sealing.seal_all() == 1
    assert selectors.figures().anchor_pending == 4


def test_without_an_address_nothing_waits_for_one(settings: Any) -> None:
    settings.AUDIT_ANCHOR_URL = ""
    anchors.post_beside()
    assert selectors.figures().anchor_pending == 0
    assert HEARD == []
