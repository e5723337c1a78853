"""The composition root as a Django app: its commands and start-up checks."""

from django.apps import AppConfig
from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from agentsite.common.introduced import accompany


class AgentsiteConfig(AppConfig):
    """Name the project's own app; its label must not clash with the others."""

    name = "agentsite"
    label = "agentsite"

    def ready(self) -> None:
        """Load the Celery app, so that tasks of this process go to the configured broker; check the settings."""
        import agentsite.celery  # noqa: F401  being imported is what it is for
        from agentsite.checks import stop_on_wrong_settings
        from agentsite.kept_connections import keep
        from agentsite.moments import read_fast

        stop_on_wrong_settings()
        connection_created.connect(accompany)
        connection_created.connect(keep)
        connection_created.connect(read_fast)
        _measure()
        if settings.SQL_ECHO:
            connection_created.connect(_echo)


def _measure() -> None:
    from agentsite import measured_logins, measured_tasks  # noqa: F401  a receiver is known once its module is loaded
    from agentsite.measured_database import measure

    if settings.PROMETHEUS_ENABLED:
        connection_created.connect(measure)


def _echo(connection: BaseDatabaseWrapper, **_: object) -> None:
    connection.force_debug_cursor = True
