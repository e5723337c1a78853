"""``manage.py write_docs``: bring the tables in the documents up to date."""

import re
from typing import Any

from django.core.management.base import BaseCommand

from agentsite import env, metrics  # noqa: F401  with it all that is declared is known
from agentsite.common import measures
from builds import failures

TABLES = {
    "README.md": env.as_markdown(),
    "docs/failures.md": failures.as_markdown(),
    "docs/operations.md": measures.as_markdown(),
}


class Command(BaseCommand):
    """Write settings, failures and metrics into their documents."""

    help = "Bring the tables in README.md, docs/failures.md and docs/operations.md up to date."

    def handle(self, **_: Any) -> None:
        """Replace what stands between a document's marks."""
        for document, table in TABLES.items():
            path = env.BASE_DIR / document
            text = path.read_text("utf-8")
            marked = re.compile(r"(<!-- table -->\n).*?(\n<!-- end of table -->)", re.DOTALL)
            new = table.replace("\\", r"\\")
            path.write_text(marked.sub(rf"\g<1>{new}\g<2>", text), "utf-8")
