"""What happened, and who did it; entries outlive the accounts they speak of."""

from django.conf import settings
from django.db import models
from django.utils import timezone


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
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    leaf = models.CharField(max_length=64, blank=True, editable=False, db_default="")
    """``audit.leaves``; a version that knew no leaves leaves it empty."""

    class Meta:
        verbose_name_plural = "audit log"
        indexes = [
            models.Index(fields=["user", "created_at"]),
            models.Index(fields=["action", "created_at"]),
            models.Index(fields=["resource_type", "resource_id"]),
            models.Index(fields=["severity", "created_at"]),
            models.Index(fields=["event_category", "id"], name="audit_by_category"),
            models.Index(fields=["created_at"], name="audit_by_moment"),
        ]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M:%S} {self.user_label} {self.action}"


class AuditSeal(models.Model):
    """A batch of entries that can't be changed any more without being noticed; ``audit.sealing`` alone makes them."""

    number = models.BigIntegerField(primary_key=True)
    entry_count = models.PositiveIntegerField()
    root_hash = models.CharField(max_length=64)
    previous_hash = models.CharField(max_length=64)
    signature = models.CharField(max_length=128)
    key_id = models.CharField(max_length=16)
    created_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"seal {self.number} of {self.created_at:%Y-%m-%d %H:%M:%S}"


class AuditSealItem(models.Model):
    """An entry's place in a seal, with its leaf as it was then: so a changed entry can be named."""

    entry = models.OneToOneField(
        AuditLog, primary_key=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="sealed"
    )
    seal = models.ForeignKey(
        AuditSeal, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="items"
    )
    position = models.PositiveIntegerField()
    leaf = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["seal", "position"], name="one_entry_per_place")]

    def __str__(self) -> str:
        return f"place {self.position} of seal {self.seal_id}"


class AuditTombstone(models.Model):
    """That the entries of some seals were retired; ``audit.retiring`` alone writes them. The seals stay."""

    first_seal = models.BigIntegerField(primary_key=True)
    last_seal = models.BigIntegerField(unique=True)
    entry_count = models.PositiveBigIntegerField()
    root_hash = models.CharField(max_length=64)
    first_moment = models.DateTimeField()
    last_moment = models.DateTimeField()
    retired_by = models.CharField(max_length=150)
    export_hash = models.CharField(max_length=64, blank=True)
    signature = models.CharField(max_length=128)
    key_id = models.CharField(max_length=16)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"tombstone of seals {self.first_seal} to {self.last_seal}"


class AuditAnchor(models.Model):
    """That a seal's hash has reached ``AUDIT_ANCHOR_URL``; it covers all seals before."""

    number = models.BigIntegerField(primary_key=True)
    told_hash = models.CharField(max_length=64)
    told_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"anchor of seal {self.number}"
