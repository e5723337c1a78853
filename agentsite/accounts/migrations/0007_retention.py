from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0006_key_families'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='history_retention_days',
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name='days that messages are kept'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(('history_retention_days__isnull', True), ('history_retention_days__gte', 1), _connector='OR'), name='user_retention_positive'),
        ),
    ]
