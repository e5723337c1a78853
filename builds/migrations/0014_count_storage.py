from django.db import migrations
from django.db.models import Sum


def count_what_is_there(apps, schema_editor):
    files = apps.get_model("builds", "BuildFile").objects
    usage = apps.get_model("accounts", "StorageUsage").objects
    sums = files.order_by().values_list("build__user_id").annotate(Sum("size"))
    usage.bulk_create(
        (usage.model(user_id=user_id, bytes_used=size) for user_id, size in sums.iterator()), batch_size=1000
    )


def forget(apps, schema_editor):
    apps.get_model("accounts", "StorageUsage").objects.all().delete()


class Migration(migrations.Migration):
    """What existing files take; from here on it is counted as they come and go."""

    dependencies = [
        ("builds", "0013_redactions"),
        ("accounts", "0004_storage"),
    ]

    operations = [migrations.RunPython(count_what_is_there, forget)]
