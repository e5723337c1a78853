"""``manage.py write_docs``: bring the tables in the documents up to date."""

import re
from typing import Any

from django.core.management.base import BaseCommand

from agentsite import env
from agentsite.accounts.runtime.table import BY_NAME
from builds import failures


class Command(BaseCommand):
    """Write the settings into the README and the failures into their document."""

    help = "Bring the tables in README.md and docs/failures.md up to date."

    def handle(self, **_: Any) -> None:
        """Replace what stands between a document's marks."""
        tables = {"README.md": env.as_markdown(BY_NAME), "docs/failures.md": failures.as_markdown()}
        for document, table in tables.items():
            path = env.BASE_DIR / document
            text = path.read_text("utf-8")
            marked = re.compile(r"(<!-- table -->\n).*?(\n<!-- end of table -->)", re.DOTALL)
            new = table.replace("\\", r"\\")
            path.write_text(marked.sub(rf"\g<1>{new}\g<2>", text), "utf-8")
