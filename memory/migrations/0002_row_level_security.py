from django.db import migrations

from agentsite.common.row_security import guard


class Migration(migrations.Migration):
    """What was learned from somebody's builds is theirs; the shared library is read by all."""

    dependencies = [("memory", "0001_initial"), ("accounts", "0005_row_level_security")]
    operations = [guard("memory_vectormemory", read="user_id IS NULL")]
