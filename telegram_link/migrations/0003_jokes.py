from typing import Any

from django.db import migrations


def load(apps: Any, _editor: object) -> None:
    from telegram_link.jokes import load as load_shipped

    load_shipped(apps.get_model("telegram_link", "Joke").objects)


class Migration(migrations.Migration):
    """Those that ship are loaded once: what operators delete stays deleted."""

    dependencies = [("telegram_link", "0002_friends")]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
