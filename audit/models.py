"""What happened, and who did it; entries outlive the accounts they speak of."""

from django.conf import settings
from django.db import models


class Category(models.TextChoices):
    """What an entry is about."""

    SECURITY = "security"
    COMPLIANCE = "compliance"
    ACCESS = "access"
    SYSTEM = "system"
    GENERAL = "general"


class Severity(models.TextChoices):
    """How much an entry matters."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"


class AuditLog(models.Model):
    """One act. No foreign key reaches the database: deleting an account must not touch what it did."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    user_label = models.CharField(max_length=150, blank=True)
    action = models.CharField(max_length=64)
    event_category = models.CharField(max_length=16, choices=Category.choices, default=Category.GENERAL)
    severity = models.CharField(max_length=16, choices=Severity.choices, default=Severity.INFO)
    resource_type = models.CharField(max_length=64, blank=True)
    resource_id = models.CharField(max_length=64, blank=True)
    description = models.TextField(blank=True)
    details = models.JSONField(default=dict, blank=True)
    ip_address = models.GenericIPAddressField(null=True, blank=True)
    user_agent = models.CharField(max_length=255, blank=True)
    success = models.BooleanField(default=True)
    error_message = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "audit log"
        indexes = [
            models.Index(fields=["user", "created_at"]),
            models.Index(fields=["action", "created_at"]),
            models.Index(fields=["resource_type", "resource_id"]),
            models.Index(fields=["severity", "created_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M:%S} {self.user_label} {self.action}"
