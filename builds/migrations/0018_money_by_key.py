import django.db.models.deletion
from django.db import migrations, models


def take_from_builds(apps, _editor):
    Build = apps.get_model("builds", "Build")
    theirs = Build.objects.filter(pk=models.OuterRef("build_id")).values("api_key_id")
    for name in ("TokenUsage", "Reservation"):
        rows = apps.get_model("builds", name).objects.filter(build__api_key__isnull=False)
        rows.update(api_key_id=models.Subquery(theirs))


def key():
    return models.ForeignKey(
        blank=True,
        null=True,
        on_delete=django.db.models.deletion.SET_NULL,
        related_name="+",
        to="accounts.apikey",
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_key_families"), ("builds", "0017_remembered")]
    operations = [
        migrations.AddField("reservation", "api_key", key()),
        migrations.AddField("tokenusage", "api_key", key()),
        migrations.RunPython(take_from_builds, migrations.RunPython.noop),
    ]
