"""The composition root as a Django app: its commands and start-up checks."""

from django.apps import AppConfig


class AgentsiteConfig(AppConfig):
    """Name the project's own app; its label must not clash with the others."""

    name = "agentsite"
    label = "agentsite"

    def ready(self) -> None:
        """Load the Celery app, so that tasks of this process go to the configured broker."""
        import agentsite.celery  # noqa: F401  being imported is what it is for
