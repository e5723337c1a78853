"""``manage.py write_docs``: bring the tables in the documents up to date."""

import re
from typing import Any

from django.core.management.base import BaseCommand

from agentsite import env, metrics, tables  # noqa: F401  with metrics all that is declared is known
from agentsite.common import measures
from agentsite.health import words
from builds import failures

WRITTEN: dict[str, Any] = {
    "README.md": env,
    "docs/failures.md": failures,
    "docs/operations.md": measures,
    "docs/schema.md": tables,
    "docs/runbook.md": words,
}
"""Which module writes the table of which document."""


class Command(BaseCommand):
    """Write settings, failures, metrics, tables and the codes of parts into their documents."""

    help = "Bring the tables in README.md, docs/failures.md, operations.md, schema.md and runbook.md up to date."

    def handle(self, **_: Any) -> None:
        """Replace what stands between a document's marks."""
        for document, source in WRITTEN.items():
            path = env.BASE_DIR / document
            text = path.read_text("utf-8")
            marked = re.compile(r"(<!-- table -->\n).*?(\n<!-- end of table -->)", re.DOTALL)
            new = source.as_markdown().replace("\\", r"\\")
            path.write_text(marked.sub(rf"\g<1>{new}\g<2>", text), "utf-8")
