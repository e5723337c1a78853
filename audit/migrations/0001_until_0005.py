import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from agentsite.common.row_security import guard
from audit import append_only


class Migration(migrations.Migration):
    """What the replaced ones make together, in one step; installations that have those stay as they are."""

    replaces = [('audit', '0001_initial'), ('audit', '0002_row_level_security'), ('audit', '0003_seals'), ('audit', '0004_leaves'), ('audit', '0005_append_only')]

    initial = True

    dependencies = [
        ('accounts', '0001_until_0007'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditLog',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user_label', models.CharField(blank=True, max_length=150)),
                ('action', models.CharField(max_length=64)),
                ('event_category', models.CharField(choices=[('security', 'Security'), ('compliance', 'Compliance'), ('access', 'Access'), ('system', 'System'), ('general', 'General')], default='general', max_length=16)),
                ('severity', models.CharField(choices=[('info', 'Info'), ('warning', 'Warning'), ('error', 'Error'), ('critical', 'Critical')], default='info', max_length=16)),
                ('resource_type', models.CharField(blank=True, max_length=64)),
                ('resource_id', models.CharField(blank=True, max_length=64)),
                ('description', models.TextField(blank=True)),
                ('details', models.JSONField(blank=True, default=dict)),
                ('ip_address', models.GenericIPAddressField(blank=True, null=True)),
                ('user_agent', models.CharField(blank=True, max_length=255)),
                ('success', models.BooleanField(default=True)),
                ('error_message', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('user', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('leaf', models.CharField(blank=True, db_default='', editable=False, max_length=64)),
            ],
            options={
                'verbose_name_plural': 'audit log',
                'indexes': [models.Index(fields=['user', 'created_at'], name='audit_audit_user_id_a3c2bc_idx'), models.Index(fields=['action', 'created_at'], name='audit_audit_action_766c6d_idx'), models.Index(fields=['resource_type', 'resource_id'], name='audit_audit_resourc_2a3aef_idx'), models.Index(fields=['severity', 'created_at'], name='audit_audit_severit_effc12_idx')],
            },
        ),
        migrations.CreateModel(
            name='AuditSeal',
            fields=[
                ('number', models.BigIntegerField(primary_key=True, serialize=False)),
                ('entry_count', models.PositiveIntegerField()),
                ('root_hash', models.CharField(max_length=64)),
                ('previous_hash', models.CharField(max_length=64)),
                ('signature', models.CharField(max_length=128)),
                ('key_id', models.CharField(max_length=16)),
                ('created_at', models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name='AuditSealItem',
            fields=[
                ('entry', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='sealed', serialize=False, to='audit.auditlog')),
                ('seal', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='items', to='audit.auditseal')),
                ('position', models.PositiveIntegerField()),
                ('leaf', models.CharField(max_length=64)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('seal', 'position'), name='one_entry_per_place')],
            },
        ),
        guard("audit_auditlog", write="false", read="user_id = (SELECT agentsite_user())"),
        guard("audit_auditseal", write="false"),
        guard("audit_auditsealitem", write="false"),
        append_only.guard("audit_auditlog", "audit_auditseal", "audit_auditsealitem"),
    ]
