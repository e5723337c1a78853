"""Builds."""

from django.apps import AppConfig


class BuildsConfig(AppConfig):
    """Records of builds and what happens to them."""

    name = "builds"
    default_auto_field = "django.db.models.BigAutoField"
