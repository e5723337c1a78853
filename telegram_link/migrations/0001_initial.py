import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from agentsite.common.row_security import guard


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0005_row_level_security'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Lease',
            fields=[
                ('name', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('owner', models.CharField(blank=True, max_length=64)),
                ('fence', models.PositiveBigIntegerField(default=0)),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('bot_username', models.CharField(blank=True, max_length=64)),
                ('paused_until', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='TelegramUser',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('telegram_id', models.BigIntegerField(unique=True)),
                ('telegram_username', models.CharField(blank=True, max_length=64)),
                ('first_name', models.CharField(blank=True, max_length=128)),
                ('last_name', models.CharField(blank=True, max_length=128)),
                ('chat_id', models.BigIntegerField(db_index=True)),
                ('language_code', models.CharField(blank=True, max_length=16)),
                ('language', models.CharField(choices=[('en', 'English'), ('ru', 'Русский')], default='en', max_length=8, verbose_name='language')),
                ('is_friend', models.BooleanField(default=False, verbose_name='friend')),
                ('is_active', models.BooleanField(default=True, verbose_name='can be written to')),
                ('notifies', models.BooleanField(default=True, verbose_name='is told of builds from elsewhere')),
                ('conversation_state', models.CharField(choices=[('idle', 'nothing was asked'), ('awaiting_input', 'an answer is awaited'), ('processing', 'a message is being worked on')], default='idle', max_length=16)),
                ('dialog', models.JSONField(blank=True, default=dict)),
                ('window_started_at', models.DateTimeField(blank=True, null=True)),
                ('window_count', models.PositiveIntegerField(default=0)),
                ('last_interaction_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('user', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='telegram', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'Telegram contact',
                'verbose_name_plural': 'Telegram contacts',
            },
        ),
        migrations.CreateModel(
            name='OutboxMessage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('chat_id', models.BigIntegerField()),
                ('kind', models.CharField(choices=[('text', 'a text'), ('live', 'a build as it goes'), ('proposal', 'a proposal'), ('document', 'a file'), ('edit', 'a change of an earlier message'), ('press', 'the answer to a press')], max_length=16)),
                ('payload', models.JSONField(default=dict)),
                ('dedup_key', models.CharField(max_length=128, unique=True)),
                ('status', models.CharField(choices=[('pending', 'waiting'), ('sent', 'sent'), ('failed', 'refused by Telegram'), ('dropped', 'not wanted any more')], default='pending', max_length=16)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('next_attempt_at', models.DateTimeField()),
                ('lease_expires_at', models.DateTimeField(blank=True, null=True)),
                ('fence', models.PositiveIntegerField(default=0)),
                ('revision', models.PositiveIntegerField(default=1)),
                ('parts_sent', models.PositiveSmallIntegerField(default=0)),
                ('telegram_message_id', models.BigIntegerField(blank=True, null=True)),
                ('sent_digest', models.CharField(blank=True, max_length=64)),
                ('error', models.CharField(blank=True, max_length=200)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('contact', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='outbox', to='telegram_link.telegramuser')),
            ],
        ),
        migrations.CreateModel(
            name='LinkToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('token_hash', models.CharField(max_length=64, unique=True)),
                ('expires_at', models.DateTimeField()),
                ('used_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('contact', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='telegram_link.telegramuser')),
            ],
        ),
        migrations.CreateModel(
            name='UpdateInbox',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('update_id', models.BigIntegerField(unique=True)),
                ('chat_id', models.BigIntegerField(blank=True, null=True)),
                ('payload', models.JSONField()),
                ('received_at', models.DateTimeField(auto_now_add=True)),
                ('handled_at', models.DateTimeField(blank=True, null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('next_attempt_at', models.DateTimeField(blank=True, null=True)),
                ('lease_expires_at', models.DateTimeField(blank=True, null=True)),
                ('fence', models.PositiveIntegerField(default=0)),
                ('error', models.CharField(blank=True, max_length=64)),
            ],
            options={
                'verbose_name_plural': 'update inbox',
                'indexes': [models.Index(condition=models.Q(('handled_at__isnull', True)), fields=['chat_id', 'update_id'], name='inbox_open'), models.Index(fields=['handled_at'], name='telegram_li_handled_83dd79_idx')],
            },
        ),
        migrations.AddConstraint(
            model_name='telegramuser',
            constraint=models.CheckConstraint(condition=models.Q(('conversation_state__in', ['idle', 'awaiting_input', 'processing'])), name='contact_dialog_state_known'),
        ),
        migrations.AddIndex(
            model_name='outboxmessage',
            index=models.Index(fields=['status', 'next_attempt_at'], name='telegram_li_status_591ce9_idx'),
        ),
        migrations.AddIndex(
            model_name='outboxmessage',
            index=models.Index(condition=models.Q(('status', 'pending')), fields=['chat_id', 'id'], name='outbox_open'),
        ),
        migrations.AddConstraint(
            model_name='outboxmessage',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['text', 'live', 'proposal', 'document', 'edit', 'press'])), name='outbox_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='outboxmessage',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['pending', 'sent', 'failed', 'dropped'])), name='outbox_status_known'),
        ),
        migrations.AddIndex(
            model_name='linktoken',
            index=models.Index(fields=['user', 'created_at'], name='telegram_li_user_id_a42de9_idx'),
        ),
        migrations.AddIndex(
            model_name='linktoken',
            index=models.Index(fields=['contact', 'created_at'], name='telegram_li_contact_4a7328_idx'),
        ),
        migrations.AddConstraint(
            model_name='linktoken',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('contact__isnull', True), ('user__isnull', False)), models.Q(('contact__isnull', False), ('user__isnull', True)), _connector='OR'), name='link_token_is_of_one_side'),
        ),
        guard('telegram_link_telegramuser'),
        guard('telegram_link_linktoken'),
        guard('telegram_link_outboxmessage', write='false'),
        guard('telegram_link_updateinbox', write='false'),
        guard('telegram_link_lease', write='false'),
    ]
