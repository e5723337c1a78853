from django.db import migrations

from agentsite.common import row_security
from audit import append_only


class Migration(migrations.Migration):
    """From here on rows are added and nothing else; seals are the operator's to see."""

    dependencies = [("audit", "0004_leaves")]
    operations = [
        row_security.guard("audit_auditseal", write="false"),
        row_security.guard("audit_auditsealitem", write="false"),
        append_only.guard("audit_auditlog", "audit_auditseal", "audit_auditsealitem"),
    ]
