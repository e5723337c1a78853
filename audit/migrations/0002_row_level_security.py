from django.db import migrations

from agentsite.common.row_security import guard


class Migration(migrations.Migration):
    """Entries are seen by the people they are of, and written by the server."""

    dependencies = [("audit", "0001_initial"), ("accounts", "0005_row_level_security")]
    operations = [guard("audit_auditlog", write="false", read="user_id = (SELECT agentsite_user())")]
