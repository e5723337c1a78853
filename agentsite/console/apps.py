"""The admin as Django loads it: with the console's site in place of its own."""

from django.contrib.admin.apps import AdminConfig


class ConsoleConfig(AdminConfig):
    """Give Django's admin the console's site."""

    default_site = "agentsite.console.site.ConsoleSite"
