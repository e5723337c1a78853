"""``python -m builds.sandbox_runner``: a service that runs commands in this machine's sandbox for those with its token.

It has no database and no secret but the token, and it refuses to start where others lie about.
"""

import argparse
import logging
import os
import signal
import sys
import threading

from builds.agent.errors import AgentError
from builds.sandbox.choose import choose_local_sandbox
from builds.sandbox.remote import TOKEN_VARIABLE
from builds.sandbox.uids import POOL_SIZE
from builds.sandbox.wire import TOKEN, configured
from builds.sandbox_runner.places import Places
from builds.sandbox_runner.service import Service

logger = logging.getLogger("builds.sandbox_runner")

FOREIGN = (
    *("DATABASE_URL", "REDIS_URL", "DJANGO_SECRET_KEY", "AUDIT_SIGNING_KEY"),
    *("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "TELEGRAM_BOT_TOKEN"),
)
END_SECONDS = 5.0


def main(words: list[str] | None = None) -> None:
    """Serve until told to stop; then finish what runs, within limits."""
    options = _options(words)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    places = Places(parallel=options.parallel, waiting=options.waiting, wait_seconds=options.wait_seconds)
    try:
        service = Service(options.listen, token=_token(), places=places)
    except OSError as error:
        sys.exit(f"Cannot listen on {options.listen[0]}:{options.listen[1]}: {error.strerror}.")
    _say_what_was_found()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=service.shutdown).start())
    logger.info("listening on %s:%d, %d runs at once", *options.listen, options.parallel)
    service.serve_forever(poll_interval=0.1)
    service.drain(options.drain_seconds, END_SECONDS)
    logger.info("stopped")


def _options(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m builds.sandbox_runner", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--listen", type=_address, default="127.0.0.1:8070", help="address:port (%(default)s)")
    parser.add_argument("--parallel", type=_count(1, POOL_SIZE), default=4, help="runs at once (%(default)s)")
    parser.add_argument("--waiting", type=_count(0, 1_000), default=16, help="runs that may wait (%(default)s)")
    parser.add_argument("--wait-seconds", type=_count(1, 600), default=60, help="longest wait (%(default)s)")
    parser.add_argument("--drain-seconds", type=_count(0, 600), default=20, help="time to finish (%(default)s)")
    return parser.parse_args(words)


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 1 << 16:
        raise argparse.ArgumentTypeError("give address:port, like 127.0.0.1:8070")
    return host, int(port)


def _count(least: int, most: int) -> "type[int]":
    def parse(text: str) -> int:
        number = int(text)
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(f"give a whole number from {least} to {most}")
        return number

    parse.__name__ = "number"  # argparse names it when it is none
    return parse  # type: ignore[return-value]


def _token() -> str:
    """Return the shared token, or stop with what to do about it."""
    found = [name for name in FOREIGN if os.environ.get(name) or os.environ.get(f"{name}_FILE")]
    if found:
        sys.exit(f"{found[0]} has no place in a sandbox-runner: start it without other services' credentials.")
    try:
        token = configured(TOKEN_VARIABLE)
    except AgentError as error:
        sys.exit(f"{TOKEN_VARIABLE}_FILE cannot be read: {error.details['command']}")
    if not TOKEN.fullmatch(token):
        sys.exit(f"Set {TOKEN_VARIABLE} or {TOKEN_VARIABLE}_FILE to at least 32 random characters without spaces.")
    return token


def _say_what_was_found() -> None:
    try:
        about = choose_local_sandbox().describe()
    except AgentError as error:
        logger.error("no run is possible: %s", error)  # noqa: TRY400  it says all there is to say
    else:
        logger.info("sandbox: %s %s, %s", about.backend, about.version, about.identity)


if __name__ == "__main__":
    main()
