"""Builds."""

from django.apps import AppConfig


class BuildsConfig(AppConfig):
    """Records of builds and what happens to them."""

    name = "builds"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let webhooks note what happens, workers know their task, and the model's name be judged."""
        from builds import measures, model_setting
        from builds.attachments import taking
        from builds.deployments import farewell as of_targets  # noqa: F401  as below
        from builds.jobs import farewell, reporting  # noqa: F401  a receiver is known once its module is loaded
        from builds.runs import events
        from builds.webhooks import subscriber, tasks  # noqa: F401  a task is known once its module is loaded

        events.subscribe(subscriber.note)
        events.subscribe(reporting.report)
        events.subscribe(measures.note)
        model_setting.register()
        taking.register()
