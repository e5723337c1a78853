from django.db import migrations

from memory.full_text import index_words


class Migration(migrations.Migration):
    """Passages are found by their words through an index of the database, not by looking at the newest ones."""

    dependencies = [("memory", "0002_row_level_security")]
    operations = [index_words()]
