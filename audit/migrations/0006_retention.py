from django.db import migrations, models

from agentsite.common import row_security
from audit import append_only

_RETENTION = "(SELECT current_user = current_database() || '_retention')"
_TOLD = "EXISTS (SELECT 1 FROM audit_audittombstone t WHERE audit_auditsealitem.seal_id BETWEEN t.first_seal AND t.last_seal)"
_TOLD_OF_ENTRY = (
    "EXISTS (SELECT 1 FROM audit_auditsealitem i JOIN audit_audittombstone t"
    " ON i.seal_id BETWEEN t.first_seal AND t.last_seal WHERE i.entry_id = audit_auditlog.id)"
)
_POLICIES = {
    "audit_auditlog": ("FOR SELECT USING", f"({_RETENTION})"),
    "audit_auditsealitem": ("FOR SELECT USING", f"({_RETENTION})"),
    "audit_audittombstone": ("FOR SELECT USING", f"({_RETENTION})"),
}
_FORWARDS = [
    *(f"CREATE POLICY retention_reads ON {table} {how} {what}" for table, (how, what) in _POLICIES.items()),
    f"CREATE POLICY retention_adds ON audit_audittombstone FOR INSERT WITH CHECK ({_RETENTION})",
    f"CREATE POLICY retention_removes ON audit_auditlog FOR DELETE USING ({_RETENTION} AND {_TOLD_OF_ENTRY})",
    f"CREATE POLICY retention_removes ON audit_auditsealitem FOR DELETE USING ({_RETENTION} AND {_TOLD})",
]
_BACKWARDS = [
    "DROP POLICY retention_removes ON audit_auditsealitem",
    "DROP POLICY retention_removes ON audit_auditlog",
    "DROP POLICY retention_adds ON audit_audittombstone",
    *(f"DROP POLICY retention_reads ON {table}" for table in _POLICIES),
]


class Migration(migrations.Migration):
    """The role that retires entries may remove what a tombstone tells of, and nothing else."""

    dependencies = [("audit", "0005_append_only")]

    operations = [
        migrations.CreateModel(
            name="AuditTombstone",
            fields=[
                ("first_seal", models.BigIntegerField(primary_key=True, serialize=False)),
                ("last_seal", models.BigIntegerField(unique=True)),
                ("entry_count", models.PositiveBigIntegerField()),
                ("root_hash", models.CharField(max_length=64)),
                ("first_moment", models.DateTimeField()),
                ("last_moment", models.DateTimeField()),
                ("retired_by", models.CharField(max_length=150)),
                ("export_hash", models.CharField(blank=True, max_length=64)),
                ("signature", models.CharField(max_length=128)),
                ("key_id", models.CharField(max_length=16)),
                ("created_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="AuditAnchor",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("told_hash", models.CharField(max_length=64)),
                ("told_at", models.DateTimeField()),
            ],
        ),
        row_security.guard("audit_audittombstone", write="false"),
        row_security.guard("audit_auditanchor", write="false"),
        row_security.on_postgresql(";\n".join(_FORWARDS), ";\n".join(_BACKWARDS)),
        append_only.guard("audit_audittombstone", "audit_auditanchor"),
    ]
