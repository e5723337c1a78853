import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from agentsite.common.row_security import guard


class Migration(migrations.Migration):
    """Every process reads the settings; only an operator's requests, and the server itself, write one."""

    dependencies = [("accounts", "0007_retention")]
    operations = [
        migrations.CreateModel(
            name="RuntimeSetting",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=64)),
                ("number", models.PositiveIntegerField()),
                ("value", models.CharField(blank=True, max_length=500)),
                ("is_reset", models.BooleanField(default=False)),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("set_by_label", models.CharField(max_length=150)),
                ("set_at", models.DateTimeField(auto_now_add=True)),
                (
                    "set_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "setting",
                "constraints": [
                    models.UniqueConstraint(fields=("name", "number"), name="runtime_setting_numbered"),
                    models.CheckConstraint(condition=models.Q(("number__gte", 1)), name="runtime_setting_from_one"),
                    models.CheckConstraint(
                        condition=models.Q(("is_reset", False), ("value", ""), _connector="OR"),
                        name="runtime_setting_reset_is_empty",
                    ),
                ],
            },
        ),
        guard("accounts_runtimesetting", write="false", read="true"),
    ]
