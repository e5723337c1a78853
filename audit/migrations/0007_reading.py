from django.db import migrations, models


class Migration(migrations.Migration):
    """What the log is asked for by category and by time."""

    dependencies = [("audit", "0006_retention")]

    operations = [
        migrations.AddIndex(
            model_name="auditlog",
            index=models.Index(fields=["event_category", "id"], name="audit_by_category"),
        ),
        migrations.AddIndex(
            model_name="auditlog",
            index=models.Index(fields=["created_at"], name="audit_by_moment"),
        ),
    ]
