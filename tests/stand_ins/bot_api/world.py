"""All that the stand-in knows, shared by the requests that arrive."""

import time
from dataclasses import dataclass, field
from threading import Condition, Event, RLock
from typing import Any

from tests.stand_ins.bot_api.chats import Chats, User
from tests.stand_ins.bot_api.faults import Faults
from tests.stand_ins.bot_api.files import Files
from tests.stand_ins.bot_api.flood import Flood, FloodLimits
from tests.stand_ins.bot_api.refusals import Json
from tests.stand_ins.bot_api.updates import Updates
from tests.stand_ins.bot_api.webhook import Webhook


@dataclass
class Call:
    """A call as it arrived; ``status`` is 0 until it is answered, and stays so when it is not."""

    method: str
    params: Json
    time: float = field(default_factory=time.time)
    status: int = 0
    description: str = ""
    fault: str = ""

    @property
    def chat_id(self) -> int | None:
        """The chat it is about."""
        chat_id = self.params.get("chat_id")
        return chat_id if isinstance(chat_id, int) else None


@dataclass(frozen=True)
class Answer:
    """An answered press of a button."""

    query_id: str
    user_id: int
    text: str
    show_alert: bool
    url: str = ""


@dataclass
class Query:
    """A press that waits for its answer."""

    user_id: int
    at: float = field(default_factory=time.monotonic)


class World:
    """Everything behind one token; hold ``changed`` while something is read or written."""

    def __init__(self, token: str, limits: FloodLimits | None, query_seconds: float, webhook_pause: float) -> None:
        self.token = token
        self.bot = User(int(token.partition(":")[0]), "Stand-in", "stand_in_bot", "", is_bot=True)
        self.query_seconds = query_seconds
        self.stopping = Event()
        self.changed = Condition(RLock())
        self.updates = Updates(self.changed)
        self.webhook = Webhook(self.updates, self.changed, webhook_pause)
        self.chats = Chats()
        self.files = Files()
        self.faults = Faults()
        self.flood = Flood(limits)
        self.calls: list[Call] = []
        self.answers: list[Answer] = []
        self.queries: dict[str, Query] = {}
        self.settings: dict[str, Any] = {}

    def note(self, call: Call) -> None:
        """Keep a call."""
        with self.changed:
            self.calls.append(call)

    def stop(self) -> None:
        """Let go of all that waits."""
        with self.changed:
            self.stopping.set()
            self.updates.stopped = True
            self.webhook.remove()
