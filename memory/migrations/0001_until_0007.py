import agentsite.common.ids
import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.text
import django.db.models.lookups
from django.conf import settings
from django.db import migrations, models

from agentsite.common.row_security import MINE, guard
from memory.full_text import index_words
from memory.migrations._walls import guard_child


class Migration(migrations.Migration):
    """What the replaced ones make together, in one step; installations that have those stay as they are."""

    replaces = [('memory', '0001_initial'), ('memory', '0002_row_level_security'), ('memory', '0003_lexical_index'), ('memory', '0004_context_of_builds'), ('memory', '0005_rows'), ('memory', '0006_passages_of_messages'), ('memory', '0007_uses_by_age')]

    initial = True

    dependencies = [
        ('accounts', '0001_until_0007'),
        ('builds', '0001_until_0020'),
    ]

    operations = [
        migrations.CreateModel(
            name='VectorTombstone',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'indexes': [models.Index(fields=['created_at'], name='memory_vect_created_429f65_idx')],
            },
        ),
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
            options={
                'indexes': [models.Index(fields=['user', '-updated_at'], name='memory_conv_user_id_1f02cb_idx'), models.Index(fields=['user', '-id'], name='memory_conv_user_id_666d41_idx'), models.Index(fields=['updated_at'], name='memory_conv_updated_74b54c_idx')],
                'constraints': [models.CheckConstraint(condition=models.Q(('platform__in', ['web', 'telegram', 'api'])), name='conversation_platform_known'), models.CheckConstraint(condition=models.Q(('status__in', ['active', 'archived'])), name='conversation_status_known'), models.UniqueConstraint(condition=models.Q(('status', 'active'), models.Q(('chat_id', ''), _negated=True)), fields=('user', 'platform', 'chat_id'), name='conversation_one_active_per_chat')],
            },
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
            options={
                'indexes': [models.Index(fields=['user', 'created_at'], name='memory_fact_user_id_00e98a_idx')],
                'constraints': [models.CheckConstraint(condition=models.Q(('fact_text', ''), _negated=True), name='fact_not_empty'), models.CheckConstraint(condition=django.db.models.lookups.LessThanOrEqual(django.db.models.functions.text.Length('fact_text'), 2000), name='fact_within')],
            },
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
                'indexes': [models.Index(fields=['user', 'created_at'], name='memory_memo_user_id_d28c8a_idx'), models.Index(fields=['user', 'memory_type', '-importance'], name='memory_memo_user_id_9ca08f_idx'), models.Index(fields=['expires_at'], name='memory_memo_expires_ceec3a_idx')],
                'constraints': [models.CheckConstraint(condition=models.Q(('memory_type__in', ['conversation', 'preference', 'learning', 'context'])), name='memory_type_known'), models.CheckConstraint(condition=models.Q(('key', ''), _negated=True), name='memory_key_not_empty'), models.CheckConstraint(condition=models.Q(('importance__gte', 0), ('importance__lte', 1)), name='memory_importance_share'), models.CheckConstraint(condition=django.db.models.lookups.LessThanOrEqual(django.db.models.functions.text.Length(django.db.models.functions.comparison.Cast('value', models.TextField())), 16384), name='memory_value_within'), models.UniqueConstraint(fields=('user', 'memory_type', 'key'), name='memory_key_once')],
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
            options={
                'indexes': [models.Index(fields=['conversation', 'created_at'], name='memory_mess_convers_9cedd0_idx'), models.Index(fields=['created_at'], name='memory_mess_created_6446c9_idx')],
                'constraints': [models.CheckConstraint(condition=models.Q(('role__in', ['user', 'assistant', 'system'])), name='message_role_known'), models.CheckConstraint(condition=models.Q(('seq__gte', 1)), name='message_seq_from_one'), models.CheckConstraint(condition=models.Q(('cost_usd__gte', 0)), name='message_cost_not_negative'), models.CheckConstraint(condition=models.Q(('message_type', ''), _negated=True), name='message_has_a_kind'), models.CheckConstraint(condition=django.db.models.lookups.LessThanOrEqual(django.db.models.functions.text.Length('content'), 100000), name='message_content_within'), models.CheckConstraint(condition=django.db.models.lookups.LessThanOrEqual(django.db.models.functions.text.Length(django.db.models.functions.comparison.Cast('raw_payload', models.TextField())), 65536), name='message_raw_payload_within'), models.CheckConstraint(condition=django.db.models.lookups.LessThanOrEqual(django.db.models.functions.text.Length(django.db.models.functions.comparison.Cast('extra_metadata', models.TextField())), 16384), name='message_extra_metadata_within'), models.UniqueConstraint(fields=('conversation', 'seq'), name='message_seq_once'), models.UniqueConstraint(condition=models.Q(('platform_message_id', ''), _negated=True), fields=('conversation', 'platform_message_id'), name='message_stored_once')],
            },
        ),
        migrations.CreateModel(
            name='VectorMemory',
            fields=[
                ('id', models.UUIDField(default=agentsite.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('collection', models.CharField(choices=[('code', 'code'), ('docs', 'documentation'), ('conversations', 'conversations'), ('practices', 'practices')], max_length=16, verbose_name='collection')),
                ('content', models.TextField(verbose_name='content')),
                ('content_type', models.CharField(choices=[('code', 'code'), ('documentation', 'documentation'), ('test', 'test'), ('analysis', 'analysis'), ('message', 'message')], max_length=16, verbose_name='kind of content')),
                ('title', models.CharField(blank=True, max_length=255, verbose_name='title')),
                ('source_file', models.CharField(blank=True, max_length=500, verbose_name='source file')),
                ('language', models.CharField(blank=True, max_length=32, verbose_name='language')),
                ('verified', models.BooleanField(default=False, verbose_name='verified')),
                ('terms', models.TextField(blank=True, editable=False)),
                ('embedding', models.BinaryField(blank=True, null=True)),
                ('embedding_model', models.CharField(blank=True, db_index=True, max_length=64)),
                ('embedding_dimension', models.PositiveIntegerField(default=0)),
                ('content_hash', models.CharField(editable=False, max_length=64)),
                ('is_indexed', models.BooleanField(default=False, editable=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('build', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='vector_memories', to='builds.build')),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='vector_memories', to=settings.AUTH_USER_MODEL)),
                ('importance', models.FloatField(default=0.5, verbose_name='importance')),
                ('message', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='passages', to='memory.message')),
            ],
            options={
                'verbose_name_plural': 'vector memories',
                'indexes': [models.Index(fields=['content_type'], name='memory_vect_content_cdec1f_idx'), models.Index(fields=['user', 'collection', '-id'], name='memory_vect_user_id_8fffd3_idx'), models.Index(condition=models.Q(('is_indexed', False)), fields=['id'], name='vector_not_indexed')],
                'constraints': [models.CheckConstraint(condition=models.Q(('collection__in', ['code', 'docs', 'conversations', 'practices'])), name='vector_collection_known'), models.CheckConstraint(condition=models.Q(('content_type__in', ['code', 'documentation', 'test', 'analysis', 'message'])), name='vector_content_type_known'), models.CheckConstraint(condition=models.Q(('content', ''), _negated=True), name='vector_content_not_empty'), models.CheckConstraint(condition=models.Q(('build__isnull', True), ('user__isnull', False), _connector='OR'), name='vector_of_a_build_has_an_owner'), models.CheckConstraint(condition=models.Q(models.Q(('embedding__isnull', True), ('embedding_dimension', 0), ('embedding_model', ''), ('is_indexed', False)), models.Q(('embedding__isnull', False), ('embedding_dimension__gt', 0), models.Q(('embedding_model', ''), _negated=True)), _connector='OR'), name='vector_embedding_names_its_model'), models.UniqueConstraint(condition=models.Q(('build__isnull', False)), fields=('build', 'collection', 'source_file', 'content_hash'), name='vector_once_per_build'), models.UniqueConstraint(condition=models.Q(('build__isnull', True), ('user__isnull', False)), fields=('user', 'collection', 'source_file', 'content_hash'), name='vector_once_per_owner'), models.UniqueConstraint(condition=models.Q(('user__isnull', True)), fields=('collection', 'source_file', 'content_hash'), name='vector_once_in_the_library'), models.CheckConstraint(condition=models.Q(('importance__gte', 0), ('importance__lte', 1)), name='vector_importance_between_0_and_1'), models.CheckConstraint(condition=models.Q(('message__isnull', True), ('user__isnull', False), _connector='OR'), name='vector_of_a_message_has_an_owner')],
            },
        ),
        migrations.CreateModel(
            name='Exclusion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('build', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='builds.build')),
                ('passage', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='memory.vectormemory')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('passage__isnull', True), ('build__isnull', True), _connector='XOR'), name='exclusion_of_one_thing'), models.UniqueConstraint(fields=('user', 'passage'), name='exclusion_once_of_a_passage'), models.UniqueConstraint(fields=('user', 'build'), name='exclusion_once_of_a_build')],
            },
        ),
        migrations.CreateModel(
            name='PassageUse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rank', models.PositiveSmallIntegerField()),
                ('score', models.FloatField()),
                ('parts', models.JSONField(default=dict)),
                ('title', models.CharField(blank=True, max_length=255)),
                ('source', models.CharField(max_length=600)),
                ('is_cited', models.BooleanField(null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('build', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='passage_uses', to='builds.build')),
                ('passage', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='uses', to='memory.vectormemory')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['user', 'passage'], name='memory_pass_user_id_a8f9bd_idx'), models.Index(fields=['created_at'], name='memory_pass_created_56c7c2_idx')],
                'constraints': [models.UniqueConstraint(fields=('build', 'passage'), name='passage_once_in_a_context'), models.CheckConstraint(condition=models.Q(('rank__gte', 1)), name='passage_rank_from_one')],
            },
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
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['voice_transcript', 'image_json', 'ocr_text', 'file_meta', 'tool_result'])), name='artifact_kind_known'), models.CheckConstraint(condition=django.db.models.lookups.LessThanOrEqual(django.db.models.functions.text.Length(django.db.models.functions.comparison.Cast('content_json', models.TextField())), 65536), name='artifact_content_within')],
            },
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
            options={
                'indexes': [models.Index(fields=['user', 'stat_type', 'created_at'], name='memory_stat_user_id_7132b4_idx')],
                'constraints': [models.CheckConstraint(condition=models.Q(('stat_type', ''), _negated=True), name='stat_type_not_empty'), models.CheckConstraint(condition=models.Q(('value__gte', -1e+100), ('value__lte', 1e+100)), name='stat_value_finite'), models.CheckConstraint(condition=django.db.models.lookups.LessThanOrEqual(django.db.models.functions.text.Length(django.db.models.functions.comparison.Cast('extra_data', models.TextField())), 16384), name='stat_extra_data_within')],
            },
        ),
        guard("memory_vectormemory", read="user_id IS NULL"),
        index_words(),
        guard("memory_passageuse"),
        guard("memory_exclusion"),
        guard("memory_conversation"),
        guard("memory_memory"),
        guard("memory_fact"),
        guard("memory_stat"),
        guard_child("memory_message", "memory_conversation", "conversation_id", f" AND parent.{MINE}"),
        guard_child("memory_messageartifact", "memory_message", "message_id"),
    ]
