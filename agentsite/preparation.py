"""What has to be done once before processes of a new version start."""

from django.core.management.base import CommandError
from django.db import transaction

from agentsite import static_files, wall
from agentsite.accounts.operators import FIRST_OPERATOR, ensure_first_operator
from agentsite.health import stores
from agentsite.schema import migrate
from audit import services as audit
from audit.models import Category
from builds import library


def prepare() -> str:
    """Bring database, static files and library up to date; return what the operator has to be told, if anything.

    :raises CommandError: the database can't be reached.
    """
    if stores.database().code == "database.unreachable":
        raise CommandError("The database cannot be reached: check DATABASE_URL, and that PostgreSQL runs.")
    migrate()
    is_walled = wall.build_wall()
    with transaction.atomic():
        audit.record("server.prepared", user=None, details={"walled": is_walled}, category=Category.SYSTEM)
    static_files.collect()
    password = ensure_first_operator()
    library.seed_shared_library()
    return f"First operator account: {FIRST_OPERATOR}   password: {password}   (shown once)" if password else ""
