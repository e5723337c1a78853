"""``manage.py serve``: web, API, sockets, worker and vector store in one process."""

import signal
import socket
import sys
from contextlib import ExitStack, suppress
from typing import Any

import uvicorn
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from agentsite import found
from agentsite.lock import DataDirectoryLock, DirectoryInUse
from agentsite.preparation import prepare
from builds.runs.claim import expire_all_leases
from builds.worker import EmbeddedWorker
from telegram_link.listener import Listener

_DRAIN_SECONDS = 5


class Command(BaseCommand):
    """Serve everything from one process."""

    help = "Serve web, API, sockets, worker and vector store from one process."

    def handle(self, **_: Any) -> None:
        """Prepare the database and the static files, say what was found, and serve until told to stop."""
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # leave by the same way as Ctrl-C: hand work back
        with suppress(KeyboardInterrupt), ExitStack() as held:
            try:
                held.enter_context(DataDirectoryLock())
            except DirectoryInUse as error:
                raise CommandError(f"Another server already uses {error}.") from None
            listener = held.enter_context(self._listener())
            self._prepare()
            worker = held.enter_context(EmbeddedWorker())
            held.enter_context(Listener(self._tell))
            self._serve(listener, worker)

    def _listener(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in settings.HOST else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.HOST, settings.PORT))
        except OSError as error:
            listener.close()
            advice = "Set HOST and PORT to an address of this machine and a free port."
            raise CommandError(
                f"Cannot listen on {settings.HOST}:{settings.PORT}: {error.strerror}. {advice}"
            ) from None
        return listener

    def _prepare(self) -> None:
        told = prepare()
        if told:
            self.stdout.write(told)
        if connection.vendor == "sqlite":
            expire_all_leases()  # the data directory's lock says that nobody else works on this database
        for line in found.lines():
            self.stdout.write(line)
        self.stdout.flush()

    def _tell(self, words: str) -> None:
        self.stdout.write(words)
        self.stdout.flush()

    def _serve(self, listener: socket.socket, _worker: EmbeddedWorker) -> None:
        config = uvicorn.Config(
            "agentsite.asgi:application",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=_DRAIN_SECONDS,
            ws_max_size=64 * 1024,
            lifespan="off",
            server_header=False,
        )
        shown = f"[{settings.HOST}]" if ":" in settings.HOST else settings.HOST
        self.stdout.write(self.style.SUCCESS(f"Agentsite is at http://{shown}:{settings.PORT}/   (Ctrl-C stops it)"))
        sys.stdout.flush()
        uvicorn.Server(config).run(sockets=[listener])
