"""Accounts."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People, their roles and their keys."""

    name = "agentsite.accounts"
    label = "accounts"
