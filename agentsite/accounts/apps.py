"""Accounts."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People, their roles and their keys."""

    name = "agentsite.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Listen to what the accounts' library tells of."""
        from agentsite.accounts import happenings  # noqa: F401  it registers itself
