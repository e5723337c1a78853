from django.db import migrations, models

import agentsite.common.ids


def give_each_its_own(apps, _editor):
    ApiKey = apps.get_model("accounts", "ApiKey")
    for pk in ApiKey.objects.values_list("pk", flat=True):
        ApiKey.objects.filter(pk=pk).update(family=agentsite.common.ids.uuid7())


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_row_level_security")]
    operations = [
        migrations.AddField("apikey", "family", models.UUIDField(editable=False, null=True)),
        migrations.RunPython(give_each_its_own, migrations.RunPython.noop),
        migrations.AlterField(
            "apikey",
            "family",
            models.UUIDField(db_index=True, default=agentsite.common.ids.uuid7, editable=False),
        ),
    ]
