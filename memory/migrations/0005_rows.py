import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.text
import django.db.models.lookups
from django.conf import settings
from django.db import migrations, models

import agentsite.common.ids
from agentsite.common.row_security import MINE, guard
from memory.migrations._walls import guard_child


class Migration(migrations.Migration):
    """Conversations, memories, facts and figures are their owners' alone."""

    dependencies = [
        ('accounts', '0005_row_level_security'),
        ('builds', '0018_money_by_key'),
        ('memory', '0004_context_of_builds'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Conversation',
            fields=[
                ('id', models.UUIDField(default=agentsite.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('platform', models.CharField(choices=[('web', 'web'), ('telegram', 'Telegram'), ('api', 'API')], max_length=16, verbose_name='platform')),
                ('chat_id', models.CharField(blank=True, max_length=64, verbose_name='chat')),
                ('title', models.CharField(blank=True, max_length=200, verbose_name='title')),
                ('intent', models.CharField(blank=True, max_length=64, verbose_name='intent')),
                ('status', models.CharField(choices=[('active', 'active'), ('archived', 'archived')], default='active', max_length=16, verbose_name='status')),
                ('last_seq', models.PositiveBigIntegerField(default=0, editable=False)),
                ('history_version', models.PositiveBigIntegerField(default=0, editable=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='conversations', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Fact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fact_text', models.TextField(verbose_name='fact')),
                ('source', models.CharField(blank=True, max_length=500, verbose_name='source')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='facts', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Memory',
            fields=[
                ('id', models.UUIDField(default=agentsite.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('memory_type', models.CharField(choices=[('conversation', 'conversation'), ('preference', 'preference'), ('learning', 'learning'), ('context', 'context')], max_length=16, verbose_name='type')),
                ('key', models.CharField(max_length=200, verbose_name='key')),
                ('value', models.JSONField(verbose_name='value')),
                ('importance', models.FloatField(default=0.5, verbose_name='importance')),
                ('is_proposed', models.BooleanField(default=False, verbose_name='proposed')),
                ('expires_at', models.DateTimeField(blank=True, null=True, verbose_name='expires')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('source_build', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='memories', to='builds.build')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memories', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'memories',
            },
        ),
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seq', models.PositiveBigIntegerField()),
                ('role', models.CharField(choices=[('user', 'user'), ('assistant', 'assistant'), ('system', 'system')], max_length=16, verbose_name='role')),
                ('content', models.TextField(blank=True, verbose_name='content')),
                ('author', models.CharField(blank=True, max_length=150, verbose_name='author')),
                ('platform_message_id', models.CharField(blank=True, max_length=64)),
                ('message_type', models.CharField(default='text', max_length=32, verbose_name='kind')),
                ('language', models.CharField(blank=True, max_length=16, verbose_name='language')),
                ('intent', models.CharField(blank=True, max_length=64, verbose_name='intent')),
                ('model_used', models.CharField(blank=True, max_length=200, verbose_name='model')),
                ('cost_usd', models.DecimalField(decimal_places=6, default=0, max_digits=12, verbose_name='cost in USD')),
                ('raw_payload', models.JSONField(blank=True, default=dict)),
                ('extra_metadata', models.JSONField(blank=True, default=dict)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('conversation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='memory.conversation')),
            ],
        ),
        migrations.CreateModel(
            name='MessageArtifact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('voice_transcript', 'transcript of speech'), ('image_json', 'description of an image'), ('ocr_text', 'text read from an image'), ('file_meta', 'facts about a file'), ('tool_result', 'result of a tool')], max_length=32, verbose_name='kind')),
                ('content_json', models.JSONField(blank=True, default=dict)),
                ('uri', models.CharField(blank=True, max_length=2000)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('message', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='artifacts', to='memory.message')),
            ],
        ),
        migrations.CreateModel(
            name='Stat',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('stat_type', models.CharField(max_length=64, verbose_name='type')),
                ('value', models.FloatField(verbose_name='value')),
                ('extra_data', models.JSONField(blank=True, default=dict)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='stats', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddIndex(
            model_name='conversation',
            index=models.Index(fields=['user', '-updated_at'], name='memory_conv_user_id_1f02cb_idx'),
        ),
        migrations.AddIndex(
            model_name='conversation',
            index=models.Index(fields=['user', '-id'], name='memory_conv_user_id_666d41_idx'),
        ),
        migrations.AddIndex(
            model_name='conversation',
            index=models.Index(fields=['updated_at'], name='memory_conv_updated_74b54c_idx'),
        ),
        migrations.AddConstraint(
            model_name='conversation',
            constraint=models.CheckConstraint(condition=models.Q(('platform__in', ['web', 'telegram', 'api'])), name='conversation_platform_known'),
        ),
        migrations.AddConstraint(
            model_name='conversation',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['active', 'archived'])), name='conversation_status_known'),
        ),
        migrations.AddConstraint(
            model_name='conversation',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'active'), models.Q(('chat_id', ''), _negated=True)), fields=('user', 'platform', 'chat_id'), name='conversation_one_active_per_chat'),
        ),
        migrations.AddIndex(
            model_name='fact',
            index=models.Index(fields=['user', 'created_at'], name='memory_fact_user_id_00e98a_idx'),
        ),
        migrations.AddConstraint(
            model_name='fact',
            constraint=models.CheckConstraint(condition=models.Q(('fact_text', ''), _negated=True), name='fact_not_empty'),
        ),
        migrations.AddConstraint(
            model_name='fact',
            constraint=models.CheckConstraint(condition=django.db.models.lookups.LessThanOrEqual(django.db.models.functions.text.Length('fact_text'), 2000), name='fact_within'),
        ),
        migrations.AddIndex(
            model_name='memory',
            index=models.Index(fields=['user', 'created_at'], name='memory_memo_user_id_d28c8a_idx'),
        ),
        migrations.AddIndex(
            model_name='memory',
            index=models.Index(fields=['user', 'memory_type', '-importance'], name='memory_memo_user_id_9ca08f_idx'),
        ),
        migrations.AddIndex(
            model_name='memory',
            index=models.Index(fields=['expires_at'], name='memory_memo_expires_ceec3a_idx'),
        ),
        migrations.AddConstraint(
            model_name='memory',
            constraint=models.CheckConstraint(condition=models.Q(('memory_type__in', ['conversation', 'preference', 'learning', 'context'])), name='memory_type_known'),
        ),
        migrations.AddConstraint(
            model_name='memory',
            constraint=models.CheckConstraint(condition=models.Q(('key', ''), _negated=True), name='memory_key_not_empty'),
        ),
        migrations.AddConstraint(
            model_name='memory',
            constraint=models.CheckConstraint(condition=models.Q(('importance__gte', 0), ('importance__lte', 1)), name='memory_importance_share'),
        ),
        migrations.AddConstraint(
            model_name='memory',
            constraint=models.CheckConstraint(condition=django.db.models.lookups.LessThanOrEqual(django.db.models.functions.text.Length(django.db.models.functions.comparison.Cast('value', models.TextField())), 16384), name='memory_value_within'),
        ),
        migrations.AddConstraint(
            model_name='memory',
            constraint=models.UniqueConstraint(fields=('user', 'memory_type', 'key'), name='memory_key_once'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(fields=['conversation', 'created_at'], name='memory_mess_convers_9cedd0_idx'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(fields=['created_at'], name='memory_mess_created_6446c9_idx'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(('role__in', ['user', 'assistant', 'system'])), name='message_role_known'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(('seq__gte', 1)), name='message_seq_from_one'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(('cost_usd__gte', 0)), name='message_cost_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(('message_type', ''), _negated=True), name='message_has_a_kind'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=django.db.models.lookups.LessThanOrEqual(django.db.models.functions.text.Length('content'), 100000), name='message_content_within'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=django.db.models.lookups.LessThanOrEqual(django.db.models.functions.text.Length(django.db.models.functions.comparison.Cast('raw_payload', models.TextField())), 65536), name='message_raw_payload_within'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=django.db.models.lookups.LessThanOrEqual(django.db.models.functions.text.Length(django.db.models.functions.comparison.Cast('extra_metadata', models.TextField())), 16384), name='message_extra_metadata_within'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.UniqueConstraint(fields=('conversation', 'seq'), name='message_seq_once'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.UniqueConstraint(condition=models.Q(('platform_message_id', ''), _negated=True), fields=('conversation', 'platform_message_id'), name='message_stored_once'),
        ),
        migrations.AddConstraint(
            model_name='messageartifact',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['voice_transcript', 'image_json', 'ocr_text', 'file_meta', 'tool_result'])), name='artifact_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='messageartifact',
            constraint=models.CheckConstraint(condition=django.db.models.lookups.LessThanOrEqual(django.db.models.functions.text.Length(django.db.models.functions.comparison.Cast('content_json', models.TextField())), 65536), name='artifact_content_within'),
        ),
        migrations.AddIndex(
            model_name='stat',
            index=models.Index(fields=['user', 'stat_type', 'created_at'], name='memory_stat_user_id_7132b4_idx'),
        ),
        migrations.AddConstraint(
            model_name='stat',
            constraint=models.CheckConstraint(condition=models.Q(('stat_type', ''), _negated=True), name='stat_type_not_empty'),
        ),
        migrations.AddConstraint(
            model_name='stat',
            constraint=models.CheckConstraint(condition=models.Q(('value__gte', -1e+100), ('value__lte', 1e+100)), name='stat_value_finite'),
        ),
        migrations.AddConstraint(
            model_name='stat',
            constraint=models.CheckConstraint(condition=django.db.models.lookups.LessThanOrEqual(django.db.models.functions.text.Length(django.db.models.functions.comparison.Cast('extra_data', models.TextField())), 16384), name='stat_extra_data_within'),
        ),
        guard("memory_conversation"),
        guard("memory_memory"),
        guard("memory_fact"),
        guard("memory_stat"),
        guard_child("memory_message", "memory_conversation", "conversation_id", f" AND parent.{MINE}"),
        guard_child("memory_messageartifact", "memory_message", "message_id"),
    ]
