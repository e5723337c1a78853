"""What has to be done once before processes of a new version start."""

from django.core.management import call_command
from django.core.management.base import CommandError

from agentsite import wall
from agentsite.accounts.operators import FIRST_OPERATOR, ensure_first_operator
from agentsite.health import stores
from agentsite.schema import migrate
from builds import library


def prepare() -> str:
    """Bring database, static files and library up to date; return what the operator has to be told, if anything.

    :raises CommandError: the database can't be reached.
    """
    if stores.database().code == "database.unreachable":
        raise CommandError("The database cannot be reached: check DATABASE_URL, and that PostgreSQL runs.")
    migrate()
    wall.build_wall()
    call_command("collectstatic", verbosity=0, interactive=False)
    password = ensure_first_operator()
    library.seed_shared_library()
    return f"First operator account: {FIRST_OPERATOR}   password: {password}   (shown once)" if password else ""
