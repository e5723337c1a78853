"""The roles behind row-level security, and for whom each request asks the database."""

from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest, HttpResponse

from agentsite.accounts.actors import actor_of
from agentsite.common import acting, logs
from agentsite.common.acting import NOBODY, PERSON, RETENTION, SERVICE
from builds import sharing

log = structlog.get_logger(__name__)
_RIGHTS = (
    "GRANT USAGE ON SCHEMA public TO {web}, {service}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {web}, {service}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {web}, {service}",
    # What a later migration makes is theirs at once, and not only after the next time that this runs.
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {web}, {service}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {web}, {service}",
    "REVOKE UPDATE, DELETE ON audit_auditlog FROM {web}, {service}",
    "REVOKE INSERT, UPDATE, DELETE ON audit_auditseal, audit_auditsealitem FROM {web}, {service}",
    "REVOKE INSERT, UPDATE, DELETE ON audit_audittombstone, audit_auditanchor FROM {web}, {service}",
    "REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {web}, {service}",
    "GRANT {service} TO {web}",
    # To retire entries of the audit log: policies let it remove only what a tombstone tells of.
    "GRANT USAGE ON SCHEMA public TO {retention}",
    "GRANT SELECT, DELETE ON audit_auditlog, audit_auditsealitem TO {retention}",
    "GRANT SELECT, INSERT ON audit_audittombstone TO {retention}",
    "GRANT {web}, {service}, {retention} TO CURRENT_USER",
)


class ActorMiddleware:
    """Let policies know for whom a request is: a person and the links they opened, an operator, or nobody yet."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer for whoever has the session; a key is heard of later, by ``ApiKeyAuthentication``."""
        with acting.acting(NOBODY):
            acting.become(actor_of(request.user, sharing.opened_links(request.session)))
            logs.note(user_id=request.user.pk)
            return self.get_response(request)


def build_wall() -> bool:
    """Make the roles and give them their rights, again after each migration; False where it can't be done."""
    if connection.vendor != "postgresql":
        return False
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            _build(cursor)
    except DatabaseError as error:
        log.warning("wall.not_built", error=str(error), advice="let the login of manage.py prepare create roles")
        return False
    acting.look_again()
    return True


def _build(cursor: Any) -> None:
    names = {role: acting.role_name(connection, role) for role in (PERSON, SERVICE, RETENTION)}
    quoted = {role: connection.ops.quote_name(name) for role, name in names.items()}
    for role, name in names.items():
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name])
        if cursor.fetchone() is None:
            cursor.execute(f"CREATE ROLE {quoted[role]} NOINHERIT")
    for right in _RIGHTS:
        cursor.execute(right.format(**quoted))
    if settings.DATABASE_WEB_PASSWORD:
        cursor.execute(f"ALTER ROLE {quoted[PERSON]} LOGIN PASSWORD %s", [settings.DATABASE_WEB_PASSWORD])


def state() -> str:
    """Say whether requests are behind row-level security, for the operator."""
    if connection.vendor != "postgresql":
        return "kept apart by the server alone: row-level security needs PostgreSQL"
    try:
        is_standing = acting.has_roles(connection)
    except DatabaseError:
        return "unknown"
    return "row-level security" if is_standing else "kept apart by the server alone: let the login create roles"
