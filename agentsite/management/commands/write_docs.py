"""``manage.py write_docs``: bring the tables in the documents up to date."""

import re
from typing import Any

from django.core.management.base import BaseCommand

from agentsite import env, tables
from agentsite.health import words
from builds import failures


class Command(BaseCommand):
    """Write settings, failures, tables and the codes of parts into their documents."""

    help = "Bring the tables in README.md, docs/failures.md, docs/schema.md and docs/runbook.md up to date."

    def handle(self, **_: Any) -> None:
        """Replace what stands between a document's marks."""
        written = {"README.md": env, "docs/failures.md": failures, "docs/schema.md": tables, "docs/runbook.md": words}
        for document, source in written.items():
            path = env.BASE_DIR / document
            text = path.read_text("utf-8")
            marked = re.compile(r"(<!-- table -->\n).*?(\n<!-- end of table -->)", re.DOTALL)
            new = source.as_markdown().replace("\\", r"\\")
            path.write_text(marked.sub(rf"\g<1>{new}\g<2>", text), "utf-8")
