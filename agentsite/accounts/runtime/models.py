"""What operators changed while everything ran: rows are added, the newest of a name is in force."""

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q

MAX_VALUE, MAX_REASON = 500, 300


class RuntimeSettingQuerySet(models.QuerySet["RuntimeSetting"]):
    """Which rows count."""

    def newest(self) -> "RuntimeSettingQuerySet":
        """Keep of each name the last row."""
        later = RuntimeSetting.objects.filter(name=OuterRef("name"), number__gt=OuterRef("number"))
        return self.filter(~Exists(later))


class RuntimeSetting(models.Model):
    """One change of one setting, by whom and why; never changed itself."""

    name = models.CharField(max_length=64)
    number = models.PositiveIntegerField()
    """Of this name: 1, 2, 3 …; of two operators who make the same one the database lets one through."""
    value = models.CharField(max_length=MAX_VALUE, blank=True)
    is_reset = models.BooleanField(default=False)
    """The setting is as in the environment again."""
    reason = models.CharField(max_length=MAX_REASON, blank=True)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    set_by_label = models.CharField(max_length=150)
    set_at = models.DateTimeField(auto_now_add=True)

    objects = RuntimeSettingQuerySet.as_manager()

    class Meta:
        verbose_name = "setting"
        constraints = [
            models.UniqueConstraint(fields=["name", "number"], name="runtime_setting_numbered"),
            models.CheckConstraint(condition=Q(number__gte=1), name="runtime_setting_from_one"),
            models.CheckConstraint(condition=Q(is_reset=False) | Q(value=""), name="runtime_setting_reset_is_empty"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.number}"
