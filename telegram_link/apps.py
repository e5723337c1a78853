"""The Telegram door."""

from django.apps import AppConfig

LOOK_SECONDS = 1.0


class TelegramLinkConfig(AppConfig):
    """The Telegram door."""

    name = "telegram_link"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Telegram"

    def ready(self) -> None:
        """Let chats be told what happens, and workers know their tasks."""
        from builds import chores
        from builds.runs import events
        from memory.signals import message_added
        from telegram_link import queue, subscribers, tasks  # noqa: F401  a task is known once its module is loaded

        events.subscribe(subscribers.note_events)
        message_added.connect(subscribers.note_message)
        chores.add(LOOK_SECONDS, queue.look)
