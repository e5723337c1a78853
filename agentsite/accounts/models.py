"""People and the keys of their programs."""

from typing import ClassVar

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agentsite.accounts.runtime.models import RuntimeSetting  # noqa: F401  Django looks for models here
from agentsite.accounts.runtime.table import (
    ACCOUNT_API_QUOTA_DAILY,
    ACCOUNT_BUDGET_USD_MONTHLY,
    ACCOUNT_STORAGE_QUOTA_MB,
)
from agentsite.common.ids import uuid7

BYTES_PER_MB = 1_000_000


class Role(models.TextChoices):
    """What somebody may do: everything, own things, read what is shared with them, or try the bot in one chat."""

    ADMIN = "admin", _("admin")
    USER = "user", _("user")
    VIEWER = "viewer", _("viewer")
    GUEST = "guest", _("guest")


OF_PEOPLE = [(value, label) for value, label in Role.choices if value != Role.GUEST]
"""What somebody can be invited as; guests are made for a chat."""


class Scope(models.TextChoices):
    """What a key may be used for; somebody with a session may do everything their role allows."""

    BUILDS_READ = "builds:read", _("read builds")
    BUILDS_WRITE = "builds:write", _("submit, cancel, retry and fork builds")
    MEMORY_READ = "memory:read", _("read memories and conversations")
    MEMORY_WRITE = "memory:write", _("change memories and conversations")
    USAGE_READ = "usage:read", _("read usage and costs")
    ADMIN = "admin", _("everything its owner may do, keys and account included")


def limits_of_new() -> dict[str, object]:
    """Return the limits that an account has which is made now; who makes one in another way gives it these."""
    return {
        "api_quota_daily": ACCOUNT_API_QUOTA_DAILY.now(),
        "storage_quota_mb": ACCOUNT_STORAGE_QUOTA_MB.now(),
        "budget_usd_monthly": ACCOUNT_BUDGET_USD_MONTHLY.now(),
    }


class AccountManager(UserManager["User"]):
    """Make accounts with the limits of today; a superuser is always an admin."""

    def create_user(
        self, username: str, email: str | None = None, password: str | None = None, **extra: object
    ) -> "User":
        """Make an account."""
        return super().create_user(username, email, password, **(limits_of_new() | extra))

    def create_superuser(
        self, username: str, email: str | None = None, password: str | None = None, **extra: object
    ) -> "User":
        """Make an operator's account."""
        return super().create_superuser(username, email, password, **(limits_of_new() | {"role": Role.ADMIN} | extra))


class User(AbstractUser):
    """Somebody with an account."""

    email = models.EmailField(_("e-mail"), blank=True)
    full_name = models.CharField(_("full name"), max_length=150, blank=True)
    role = models.CharField(_("role"), max_length=10, choices=Role.choices, default=Role.USER)
    is_verified = models.BooleanField(_("e-mail verified"), default=False)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, default="en")
    api_quota_daily = models.PositiveIntegerField(_("API calls per day"), default=1000)
    storage_quota_mb = models.PositiveIntegerField(_("storage in MB"), default=500)
    budget_usd_monthly = models.DecimalField(
        _("monthly budget in USD"), max_digits=12, decimal_places=6, null=True, blank=True
    )
    history_retention_days = models.PositiveIntegerField(_("days that messages are kept"), null=True, blank=True)
    """Null: as the installation has it."""
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    updated_at = models.DateTimeField(auto_now=True)

    acts_as_operator = True
    """False while a key without the scope ``admin`` acts for this person."""

    objects: ClassVar[AccountManager] = AccountManager()

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_unique", condition=~Q(email="")),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="user_role_known"),
            models.CheckConstraint(
                condition=~Q(role=Role.GUEST)
                | Q(password__startswith=UNUSABLE_PASSWORD_PREFIX, email="", is_staff=False, is_superuser=False),
                name="user_guest_cannot_log_in",
                violation_error_message=_("A guest has no password, no e-mail address and no rights of an operator."),
            ),
            models.CheckConstraint(
                condition=Q(budget_usd_monthly__isnull=True) | Q(budget_usd_monthly__gte=0), name="user_budget_positive"
            ),
            models.CheckConstraint(
                condition=Q(history_retention_days__isnull=True) | Q(history_retention_days__gte=1),
                name="user_retention_positive",
            ),
        ]

    @property
    def is_operator(self) -> bool:
        """Say whether this person runs the installation."""
        return self.acts_as_operator and self.is_active and (self.is_superuser or self.role == Role.ADMIN)

    @property
    def storage_used_mb(self) -> float:
        """Return how much of the storage this person's files take."""
        usage: StorageUsage | None = getattr(self, "storage", None)
        return round(usage.bytes_used / BYTES_PER_MB, 3) if usage else 0.0

    @property
    def can_build(self) -> bool:
        """Say whether this person may start builds; viewers only read."""
        return self.is_active and (self.is_superuser or self.role in {Role.ADMIN, Role.USER, Role.GUEST})

    @property
    def is_guest(self) -> bool:
        """Say whether this is the account of a chat whose owner has none."""
        return self.role == Role.GUEST


class ApiKey(models.Model):
    """A program's key: the prefix finds it, the hash proves it, the secret is stored nowhere."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=16, unique=True)
    key_hash = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list, blank=True)
    budget_usd_monthly = models.DecimalField(max_digits=12, decimal_places=6, null=True, blank=True)
    family = models.UUIDField(default=uuid7, editable=False, db_index=True)
    """The same for a key and those it was rotated into: they share one budget."""
    last_used_at = models.DateTimeField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["user", "key_hash"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(budget_usd_monthly__isnull=True) | Q(budget_usd_monthly__gte=0),
                name="api_key_budget_positive",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def is_usable(self) -> bool:
        """Say whether the key opens anything at this moment."""
        return self.is_active and (self.expires_at is None or self.expires_at > timezone.now())

    def allows(self, scope: str) -> bool:
        """Say whether the key may be used for this."""
        return scope in self.scopes or Scope.ADMIN in self.scopes


class DailyUsage(models.Model):
    """What one person used on one day (UTC); counted by single statements, so that no increment is lost."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    day_on = models.DateField()
    api_calls = models.PositiveIntegerField(default=0, db_default=0)
    builds = models.PositiveIntegerField(default=0, db_default=0)
    tokens_input = models.PositiveBigIntegerField(default=0, db_default=0)
    tokens_output = models.PositiveBigIntegerField(default=0, db_default=0)
    cost_usd = models.DecimalField(max_digits=14, decimal_places=6, default=0, db_default=0)

    class Meta:
        verbose_name_plural = "daily usage"
        constraints = [models.UniqueConstraint(fields=["user", "day_on"], name="daily_usage_once_a_day")]

    def __str__(self) -> str:
        return f"{self.day_on} {self.api_calls}"


class StorageUsage(models.Model):
    """What one person's files take; raised and lowered by ``accounts.storage`` only."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="storage")
    bytes_used = models.PositiveBigIntegerField(default=0, db_default=0)
    counted_at = models.DateTimeField(null=True, blank=True, db_index=True)
    """When it was last compared with the files themselves."""

    class Meta:
        verbose_name_plural = "storage usage"
        constraints = [models.CheckConstraint(condition=Q(bytes_used__gte=0), name="storage_used_not_negative")]

    def __str__(self) -> str:
        return f"{self.bytes_used} bytes"


class IdempotencyKey(models.Model):
    """The answer to a POST that carried a key, written in the transaction of what the POST did."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    request_hash = models.CharField(max_length=64)
    """SHA-256 over method, address and body."""
    status = models.PositiveSmallIntegerField(default=0)
    location = models.CharField(max_length=500, blank=True)
    answer = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_once")]

    def __str__(self) -> str:
        return self.key


class Invitation(models.Model):
    """Somebody may make an account; the link's token is stored as a hash."""

    email = models.EmailField(_("e-mail"))
    role = models.CharField(_("role"), max_length=10, choices=OF_PEOPLE, default=Role.USER)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    accepted_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(role__in=[value for value, _label in OF_PEOPLE]), name="invitation_role_known"
            )
        ]

    def __str__(self) -> str:
        return self.email
