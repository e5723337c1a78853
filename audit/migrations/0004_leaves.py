from django.db import migrations, transaction

from audit.leaves import leaf_of

AT_ONCE = 1_000


def give_leaves(apps, editor):
    """Give entries of earlier versions their leaves, a batch a transaction; after an interruption it goes on."""
    entries, last = apps.get_model("audit", "AuditLog").objects.filter(leaf=""), 0
    while batch := list(entries.filter(pk__gt=last).order_by("pk")[:AT_ONCE]):
        leaves = [(leaf_of(entry), entry.pk) for entry in batch]
        with transaction.atomic(using=editor.connection.alias), editor.connection.cursor() as cursor:
            cursor.executemany("UPDATE audit_auditlog SET leaf = %s WHERE id = %s", leaves)
        last = batch[-1].pk


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("audit", "0003_seals")]
    operations = [migrations.RunPython(give_leaves, migrations.RunPython.noop)]
