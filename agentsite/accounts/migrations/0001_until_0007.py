import agentsite.accounts.models
import agentsite.common.ids
import django.contrib.auth.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from agentsite.common.row_security import FUNCTIONS, NO_FUNCTIONS, guard, on_postgresql


class Migration(migrations.Migration):
    """What the replaced ones make together, in one step; installations that have those stay as they are."""

    replaces = [('accounts', '0001_initial'), ('accounts', '0002_keys_and_quotas'), ('accounts', '0003_invitations'), ('accounts', '0004_storage'), ('accounts', '0005_row_level_security'), ('accounts', '0006_key_families'), ('accounts', '0007_retention')]

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('username', models.CharField(error_messages={'unique': 'A user with that username already exists.'}, help_text='Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.', max_length=150, unique=True, validators=[django.contrib.auth.validators.UnicodeUsernameValidator()], verbose_name='username')),
                ('first_name', models.CharField(blank=True, max_length=150, verbose_name='first name')),
                ('last_name', models.CharField(blank=True, max_length=150, verbose_name='last name')),
                ('is_staff', models.BooleanField(default=False, help_text='Designates whether the user can log into this admin site.', verbose_name='staff status')),
                ('is_active', models.BooleanField(default=True, help_text='Designates whether this user should be treated as active. Unselect this instead of deleting accounts.', verbose_name='active')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, verbose_name='date joined')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail')),
                ('full_name', models.CharField(blank=True, max_length=150, verbose_name='full name')),
                ('role', models.CharField(choices=[('admin', 'admin'), ('user', 'user'), ('viewer', 'viewer')], default='user', max_length=10, verbose_name='role')),
                ('is_verified', models.BooleanField(default=False, verbose_name='e-mail verified')),
                ('language', models.CharField(choices=[('en', 'English'), ('ru', 'Русский')], default='en', max_length=10, verbose_name='language')),
                ('api_quota_daily', models.PositiveIntegerField(default=1000, verbose_name='API calls per day')),
                ('storage_quota_mb', models.PositiveIntegerField(default=500, verbose_name='storage in MB')),
                ('budget_usd_monthly', models.DecimalField(blank=True, decimal_places=6, max_digits=12, null=True, verbose_name='monthly budget in USD')),
                ('created_at', models.DateTimeField(auto_now_add=True, db_index=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
                ('history_retention_days', models.PositiveIntegerField(blank=True, null=True, verbose_name='days that messages are kept')),
            ],
            options={
                'verbose_name': 'user',
                'verbose_name_plural': 'users',
                'abstract': False,
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('email'), condition=models.Q(('email', ''), _negated=True), name='user_email_unique'), models.CheckConstraint(condition=models.Q(('role__in', ['admin', 'user', 'viewer'])), name='user_role_known'), models.CheckConstraint(condition=models.Q(('budget_usd_monthly__isnull', True), ('budget_usd_monthly__gte', 0), _connector='OR'), name='user_budget_positive'), models.CheckConstraint(condition=models.Q(('history_retention_days__isnull', True), ('history_retention_days__gte', 1), _connector='OR'), name='user_retention_positive')],
            },
            managers=[
                ('objects', agentsite.accounts.models.AccountManager()),
            ],
        ),
        migrations.CreateModel(
            name='ApiKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100)),
                ('prefix', models.CharField(max_length=16, unique=True)),
                ('key_hash', models.CharField(max_length=64, unique=True)),
                ('scopes', models.JSONField(blank=True, default=list)),
                ('last_used_at', models.DateTimeField(blank=True, null=True)),
                ('is_active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='api_keys', to=settings.AUTH_USER_MODEL)),
                ('budget_usd_monthly', models.DecimalField(blank=True, decimal_places=6, max_digits=12, null=True)),
                ('family', models.UUIDField(db_index=True, default=agentsite.common.ids.uuid7, editable=False)),
            ],
            options={
                'indexes': [models.Index(fields=['user', 'key_hash'], name='accounts_ap_user_id_8f044d_idx')],
                'constraints': [models.CheckConstraint(condition=models.Q(('budget_usd_monthly__isnull', True), ('budget_usd_monthly__gte', 0), _connector='OR'), name='api_key_budget_positive')],
            },
        ),
        migrations.CreateModel(
            name='DailyUsage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day_on', models.DateField()),
                ('api_calls', models.PositiveIntegerField(db_default=0, default=0)),
                ('builds', models.PositiveIntegerField(db_default=0, default=0)),
                ('tokens_input', models.PositiveBigIntegerField(db_default=0, default=0)),
                ('tokens_output', models.PositiveBigIntegerField(db_default=0, default=0)),
                ('cost_usd', models.DecimalField(db_default=0, decimal_places=6, default=0, max_digits=14)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'daily usage',
                'constraints': [models.UniqueConstraint(fields=('user', 'day_on'), name='daily_usage_once_a_day')],
            },
        ),
        migrations.CreateModel(
            name='IdempotencyKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=255)),
                ('request_hash', models.CharField(max_length=64)),
                ('status', models.PositiveSmallIntegerField(default=0)),
                ('location', models.CharField(blank=True, max_length=500)),
                ('answer', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(auto_now_add=True, db_index=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('user', 'key'), name='idempotency_key_once')],
            },
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('email', models.EmailField(max_length=254, verbose_name='e-mail')),
                ('role', models.CharField(choices=[('admin', 'admin'), ('user', 'user'), ('viewer', 'viewer')], default='user', max_length=10, verbose_name='role')),
                ('token_hash', models.CharField(max_length=64, unique=True)),
                ('accepted_at', models.DateTimeField(blank=True, null=True)),
                ('expires_at', models.DateTimeField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('accepted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('invited_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('role__in', ['admin', 'user', 'viewer'])), name='invitation_role_known')],
            },
        ),
        migrations.CreateModel(
            name='StorageUsage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('bytes_used', models.PositiveBigIntegerField(db_default=0, default=0)),
                ('counted_at', models.DateTimeField(blank=True, db_index=True, null=True)),
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='storage', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'storage usage',
                'constraints': [models.CheckConstraint(condition=models.Q(('bytes_used__gte', 0)), name='storage_used_not_negative')],
            },
        ),
        on_postgresql(FUNCTIONS, NO_FUNCTIONS),
        guard("accounts_apikey"),
        guard("accounts_dailyusage"),
        guard("accounts_idempotencykey"),
        guard("accounts_storageusage"),
    ]
