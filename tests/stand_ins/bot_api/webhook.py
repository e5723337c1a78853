"""Delivery of updates to a webhook, one after another."""

import json
import time
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection, responses
from threading import Condition, Event, Thread
from urllib.parse import urlsplit

from tests.stand_ins.bot_api.refusals import Json
from tests.stand_ins.bot_api.updates import Updates

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
LONGEST_PAUSE_SECONDS = 60.0
PATIENCE_SECONDS = 60.0


class Webhook:
    """Post each update until it is taken; the next one waits for that.

    :param pause_seconds: how long it waits after the first failure; each further one doubles that.
    """

    def __init__(self, updates: Updates, changed: Condition, pause_seconds: float = 1) -> None:
        self.url = ""
        self.secret_token = ""
        self.max_connections = 40
        self._updates = updates
        self._changed = changed
        self._pause_seconds = pause_seconds
        self._last_error: Json = {}
        self._halt = Event()

    def set(self, url: str, secret_token: str, max_connections: int) -> None:
        """Deliver to an address from now on, instead of the one before."""
        self.remove()
        self.url, self.secret_token, self.max_connections = url, secret_token, max_connections
        Thread(target=self._deliver, args=(self._halt, url, secret_token), daemon=True).start()

    def remove(self) -> None:
        """Deliver no more."""
        with self._changed:
            self._halt.set()
            self._halt = Event()
            self.url, self._last_error = "", {}
            self._changed.notify_all()

    def wire(self) -> Json:
        """Return what getWebhookInfo tells."""
        told: Json = {
            "url": self.url,
            "has_custom_certificate": False,
            "pending_update_count": len(self._updates.pending),
        }
        if self.url:
            told |= {"max_connections": self.max_connections, "ip_address": "127.0.0.1", **self._last_error}
        return told | ({"allowed_updates": self._updates.allowed} if self._updates.allowed else {})

    def _deliver(self, halt: Event, url: str, secret_token: str) -> None:
        failures = 0
        while update := self._updates.first(lambda: not halt.is_set()):
            problem = _post(url, secret_token, update)
            if not problem:
                failures = 0
                self._updates.done(update["update_id"])
                continue
            if not halt.is_set():
                self._last_error = {"last_error_date": int(time.time()), "last_error_message": problem}
            halt.wait(min(LONGEST_PAUSE_SECONDS, self._pause_seconds * 2**failures))
            failures += 1


def _post(url: str, secret_token: str, update: Json) -> str:
    """Return what went wrong, or nothing."""
    headers = {"Content-Type": "application/json", **({SECRET_HEADER: secret_token} if secret_token else {})}
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=PATIENCE_SECONDS)
    try:
        connection.request("POST", parts._replace(scheme="", netloc="").geturl() or "/", json.dumps(update), headers)
        status = connection.getresponse().status
    except ConnectionRefusedError:
        return "Connection refused"
    except (OSError, HTTPException) as trouble:
        return f"Read error: {type(trouble).__name__}"
    finally:
        connection.close()
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return ""
    return f"Wrong response from the webhook: {status} {responses.get(status, '')}".rstrip()
