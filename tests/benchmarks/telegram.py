"""500 builds that end at once for 200 chats, told through a Bot API with limits: 30 a second in all, 1 in a chat.

On PostgreSQL, where DATABASE_URL gives one, they end in four processes and two send; on SQLite in one, and one sends.
"""

import os
import sys
from argparse import ArgumentParser
from contextlib import nullcontext

from tests.databases import own_database


def main() -> None:
    """Let them end, and print what came of it."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--builds", type=int, default=500)
    parser.add_argument("--chats", type=int, default=200)
    chosen = parser.parse_args()
    with own_database() if os.environ.get("DATABASE_URL") else nullcontext("") as url:
        if url:
            os.environ["DATABASE_URL"] = url
        _measure(chosen.builds, chosen.chats, processes=4 if url else 1, senders=2 if url else 1)


def _measure(builds: int, chats: int, *, processes: int, senders: int) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "agentsite.settings"
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connections
    from django.test import override_settings

    from tests.stand_ins.bot_api.server import BotApi
    from tests.telegram.rush import STRICT, rush

    call_command("migrate", verbosity=0)
    with BotApi(limits=STRICT) as api, override_settings(TELEGRAM_API_BASE_URL=api.url, TELEGRAM_BOT_TOKEN=api.token):
        came = rush(api, builds=builds, chats=chats, processes=processes, senders=senders, patience=600)
    connections.close_all()
    sys.stdout.write(f"{processes} processes, {senders} senders: {came}\n")


if __name__ == "__main__":
    main()
