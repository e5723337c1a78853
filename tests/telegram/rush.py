"""Many builds that end at the same moment, for many chats of a Telegram that enforces its limits."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from agentsite.accounts.models import User as Account
from telegram_link.models import OutboxMessage, TelegramUser
from tests.stand_ins.bot_api.chats import User
from tests.stand_ins.bot_api.flood import FloodLimits
from tests.stand_ins.bot_api.server import BotApi
from tests.telegram.parts import parts
from tests.telegram.saying import met

STRICT = FloodLimits(per_second=30, burst=30, chat_per_second=1, chat_burst=1)
_FIRST_ID = 5_000


@dataclass(frozen=True)
class Rush:
    """What came of it."""

    messages: int
    in_order: int
    """Of the chats, in how many all came once and in the order in which the builds ended."""
    chats: int
    ending_seconds: float
    seconds: float
    """From the first end to the last delivery."""
    refused: int
    """Answers 429."""
    ignored: int
    """Calls before the time that a 429 had told."""

    def __str__(self) -> str:
        rate = self.messages / self.seconds
        return (
            f"{self.messages} messages to {self.chats} chats in {self.seconds:.1f} s ({rate:.1f} a second;"
            f" all builds had ended after {self.ending_seconds:.1f} s), in order in {self.in_order} chats,"
            f" {self.refused} answers 429, {self.ignored} of them ignored"
        )


def rush(api: BotApi, *, builds: int, chats: int, processes: int, senders: int = 1, patience: float = 60) -> Rush:
    """Let builds end in some processes at once, while others send; wait until all is told."""
    people = [User(_FIRST_ID + number, f"Person {number}") for number in range(chats)]
    accounts = [_linked(api, who) for who in people]
    wanted = [(accounts[number % chats].pk, f"build {number}") for number in range(builds)]
    shares = [[each for each in wanted if (each[0] % processes) == number] for number in range(processes)]
    with parts(api, *["end"] * processes, *["send"] * senders, seconds=15) as started:
        enders, sending = started[:processes], started[processes:]
        for part, share in zip(enders, shares, strict=True):
            part.give(json.dumps(share))
        for part in [*enders, *sending]:
            part.wait_for("ready")
        began = time.monotonic()
        for part in [*enders, *sending]:
            part.give("go")
        for part in enders:
            part.wait_for("ended")
        ended = time.monotonic()
        api.until(lambda: OutboxMessage.objects.filter(status="sent").count() >= builds, seconds=patience)
        seconds = time.monotonic() - began
    names = {who.id: [name for user, name in wanted if user == account.pk] for who, account in _pairs(people, accounts)}
    return Rush(
        messages=sum(len(api.messages(who.id)) for who in people),
        in_order=sum(_named(api, who) == names[who.id] for who in people),
        chats=chats,
        ending_seconds=ended - began,
        seconds=seconds,
        refused=sum(call.status == 429 for call in api.calls),
        ignored=api.ignored_retry_after,
    )


def _pairs(people: Sequence[User], accounts: Sequence[Account]) -> list[tuple[User, Account]]:
    return list(zip(people, accounts, strict=True))


@transaction.atomic
def _linked(api: BotApi, who: User) -> Account:
    account = Account.objects.create_user(f"person-{who.id}")
    TelegramUser.objects.filter(pk=met(api, who).pk).update(user=account)
    return account


def _named(api: BotApi, who: User) -> list[str]:
    """Return the builds that a chat was told of, in the order in which it was."""
    return [message.text.splitlines()[0].partition(" ")[2] for message in api.messages(who.id)]
