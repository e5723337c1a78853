"""``python -m tests.stand_ins.bot_api --port 8081 --token 4242:secret``"""

import argparse
import sys
from collections.abc import Sequence

from tests.stand_ins.bot_api.flood import FloodLimits
from tests.stand_ins.bot_api.server import TOKEN, BotApi


def main(arguments: Sequence[str] | None = None) -> None:
    """Be the Bot API until interrupted."""
    parser = argparse.ArgumentParser(description="A stand-in for Telegram's Bot API.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--token", default=TOKEN)
    parser.add_argument("--limits", action="store_true", help="refuse what is sent too fast")
    parser.add_argument("--query-seconds", type=float, default=30)
    parser.add_argument("--webhook-pause", type=float, default=1)
    chosen = parser.parse_args(arguments)
    limits = FloodLimits() if chosen.limits else None
    with BotApi(
        chosen.token,
        port=chosen.port,
        limits=limits,
        query_seconds=chosen.query_seconds,
        webhook_pause=chosen.webhook_pause,
    ) as server:
        sys.stdout.write(f"BOT_API_URL={server.url}\n")
        sys.stdout.flush()
        try:
            server.world.stopping.wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
