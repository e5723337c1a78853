"""The Telegram door."""

from django.apps import AppConfig

LOOK_SECONDS, TIDY_SECONDS = 1.0, 3600.0


class TelegramLinkConfig(AppConfig):
    """The Telegram door."""

    name = "telegram_link"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Telegram"

    def ready(self) -> None:
        """Let chats be told what happens, and workers know their tasks."""
        from builds import chores, export
        from builds.runs import events
        from memory.signals import message_added
        from telegram_link import (
            housekeeping,
            own_data,
            queue,
            subscribers,
            tasks,  # noqa: F401  a task is known once its module is loaded
        )

        events.subscribe(subscribers.note_events)
        message_added.connect(subscribers.note_message)
        chores.add(LOOK_SECONDS, queue.look)
        chores.add(TIDY_SECONDS, housekeeping.tidy)
        export.OF_OTHERS.append(own_data.tables_of)
