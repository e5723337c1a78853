"""The Telegram door."""

from django.apps import AppConfig


class TelegramLinkConfig(AppConfig):
    """The Telegram door."""

    name = "telegram_link"
