from django.db import migrations

from builds.migrations._walls import walls


class Migration(migrations.Migration):
    dependencies = [("builds", "0015_model_prices"), ("accounts", "0005_row_level_security")]
    operations = walls()
