"""People and the keys of their programs."""

from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What somebody may do: everything, own things, or read what is shared with them."""

    ADMIN = "admin", _("admin")
    USER = "user", _("user")
    VIEWER = "viewer", _("viewer")


class AccountManager(UserManager["User"]):
    """Make accounts; a superuser is always an admin."""

    def create_superuser(
        self, username: str, email: str | None = None, password: str | None = None, **extra: object
    ) -> "User":
        """Make an operator's account."""
        return super().create_superuser(username, email, password, **({"role": Role.ADMIN} | extra))


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
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[AccountManager] = AccountManager()

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_unique", condition=~Q(email="")),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="user_role_known"),
            models.CheckConstraint(
                condition=Q(budget_usd_monthly__isnull=True) | Q(budget_usd_monthly__gte=0), name="user_budget_positive"
            ),
        ]

    @property
    def is_operator(self) -> bool:
        """Say whether this person runs the installation."""
        return self.is_active and (self.is_superuser or self.role == Role.ADMIN)

    @property
    def can_build(self) -> bool:
        """Say whether this person may start builds; viewers only read."""
        return self.is_active and (self.is_superuser or self.role in {Role.ADMIN, Role.USER})


class ApiKey(models.Model):
    """A program's key: the prefix finds it, the hash proves it, the secret is stored nowhere."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=16, unique=True)
    key_hash = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["user", "key_hash"])]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
