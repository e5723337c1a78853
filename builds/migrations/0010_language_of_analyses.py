from django.db import migrations
from django.db.models import OuterRef, Subquery


def fill_in(apps, _editor):
    builds = apps.get_model("builds", "Build").objects.filter(id=OuterRef("build"))
    of_builds = apps.get_model("builds", "CodeAnalysis").objects.filter(language="", build__isnull=False)
    of_builds.update(language=Subquery(builds.values("language")[:1]))


def remove_what_the_version_before_does_not_know(apps, _editor):
    apps.get_model("builds", "Run").objects.filter(kind="analysis").delete()


class Migration(migrations.Migration):

    dependencies = [
        ('builds', '0009_analyses'),
    ]

    operations = [
        migrations.RunPython(fill_in, remove_what_the_version_before_does_not_know),
    ]
