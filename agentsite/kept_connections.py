"""Connections that outlast a request, in the threads that stay (``agentsite.web``)."""

import select
import threading
import time

from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

_this_thread = threading.local()


def stay() -> None:
    """Let connections that this thread opens from now on be kept."""
    _this_thread.stays = True


def keep(connection: BaseDatabaseWrapper, **_: object) -> None:
    """Let a connection outlast the request in a thread that stays; for ``connection_created``.

    After each request Django looks whether there was an error, and gives it back to the pool when its time has come.
    """
    if getattr(_this_thread, "stays", False):
        connection.close_at = time.monotonic() + settings.WEB_CONNECTION_SECONDS


def drop_broken() -> None:
    """Give back what the server has ended since the last request; Django leaves this to the pool, which kept nothing.

    Between two requests a server says nothing, unless it says that it goes: that is cheaper to see than to ask.
    """
    for connection in connections.all(initialized_only=True):
        if connection.connection is not None and _has_news(connection) and not connection.is_usable():
            connection.close()


def _has_news(connection: BaseDatabaseWrapper) -> bool:
    if connection.vendor != "postgresql":
        return False
    if connection.connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
