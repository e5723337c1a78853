"""What earlier work taught."""

from django.apps import AppConfig


class MemoryConfig(AppConfig):
    """What earlier work taught."""

    name = "memory"
