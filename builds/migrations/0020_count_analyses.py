from django.db import migrations
from django.db.models import F, Sum


def count_what_is_there(apps, schema_editor):
    change(apps, 1)


def forget(apps, schema_editor):
    change(apps, -1)


def change(apps, sign):
    analyses = apps.get_model("builds", "CodeAnalysis").objects
    usage = apps.get_model("accounts", "StorageUsage").objects
    sums = analyses.order_by().filter(size_bytes__gt=0).values_list("user_id").annotate(Sum("size_bytes"))
    for user_id, size in sums.iterator():
        usage.get_or_create(user_id=user_id)
        usage.filter(user_id=user_id).update(bytes_used=F("bytes_used") + sign * size)


class Migration(migrations.Migration):
    """Code that was sent in to be analysed takes room like the code of builds."""

    dependencies = [
        ("builds", "0019_memory_of_a_build"),
        ("accounts", "0007_retention"),
    ]

    operations = [migrations.RunPython(count_what_is_there, forget)]
