"""``manage.py reindex_memory``: bring the vector index up to the table."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from memory import services

HINTS = {
    "memory.index.locked": "Another process uses the embedded index; stop the server first, or set CHROMA_URL.",
    "memory.index.unreachable": "The server at CHROMA_URL does not answer.",
    "memory.index.failed": "The index answered with an error. The embedded one can be made again: stop the server, "
    "remove the directory at CHROMA_DATA_DIR and run this once more.",
    "memory.embedder.away": "The embedder that EMBEDDER names does not answer as it should; the line memory.index.away "
    "in the log says why. If the server serves another model by the same name now, add --from-scratch.",
}


class Command(BaseCommand):
    """Bring the vector index up to the table; run it again after an interruption and it goes on."""

    help = "Bring the vector index of memory up to the table; interrupted, it goes on where it stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Offer to start over."""
        parser.add_argument("--from-scratch", action="store_true", help="empty the index and make every vector again")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Work through what waits, and say how far it is."""
        act = services.rebuild_index if options["from_scratch"] else services.sync_index
        done = act(on_progress=self._show)
        if done.away:
            raise CommandError(f"{done.away}: {HINTS[done.away]} {done.added} passages were done before.")
        self.stdout.write(self.style.SUCCESS(f"{done.added} passages indexed, {done.removed} deletions followed."))

    def _show(self, done: int, total: int) -> None:
        self.stdout.write(f"{done} of {total}")
        self.stdout.flush()
