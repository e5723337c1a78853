"""``manage.py write_docs``: bring the tables in the documents up to date."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand

from agentsite import env, metrics, tables  # noqa: F401  with metrics all that is declared is known
from agentsite.accounts.runtime.table import BY_NAME
from agentsite.common import measures
from agentsite.health import words
from builds import failures

SOURCES: dict[str, Callable[[], str]] = {
    "README.md": partial(env.as_markdown, BY_NAME),
    "docs/failures.md": failures.as_markdown,
    "docs/operations.md": measures.as_markdown,
    "docs/schema.md": tables.as_markdown,
    "docs/runbook.md": words.as_markdown,
}
"""What tells the table of which document."""


class Command(BaseCommand):
    """Write settings, failures, metrics, tables and the codes of parts into their documents."""

    help = "Bring the tables in README.md and docs/ up to date."

    def handle(self, **_: Any) -> None:
        """Replace what stands between a document's marks."""
        for document, source in SOURCES.items():
            path = env.BASE_DIR / document
            text = path.read_text("utf-8")
            marked = re.compile(r"(<!-- table -->\n).*?(\n<!-- end of table -->)", re.DOTALL)
            new = source().replace("\\", r"\\")
            path.write_text(marked.sub(rf"\g<1>{new}\g<2>", text), "utf-8")
