"""Who writes to the bot."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class DialogState(models.TextChoices):
    """Whether the bot has asked something."""

    IDLE = "idle", _("nothing was asked")
    AWAITING_INPUT = "awaiting_input", _("an answer is awaited")
    PROCESSING = "processing", _("a message is being worked on")


class TelegramUser(models.Model):
    """One person in a private chat with the bot; an account once it is linked."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="telegram"
    )
    telegram_id = models.BigIntegerField(unique=True)
    telegram_username = models.CharField(max_length=64, blank=True)
    first_name = models.CharField(max_length=128, blank=True)
    last_name = models.CharField(max_length=128, blank=True)
    chat_id = models.BigIntegerField(db_index=True)
    language_code = models.CharField(max_length=16, blank=True)
    """What the person's own program is set to."""
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES, default="en")
    """In which the bot speaks; from ``language_code`` at the first contact, then as chosen."""
    is_friend = models.BooleanField(_("friend"), default=False)
    """Whether an operator lets it in as a guest; ``user`` is the guest's account then."""
    told_jokes = models.JSONField(default=list, blank=True, editable=False)
    """Numbers of those that were told since all of them were."""
    is_active = models.BooleanField(_("can be written to"), default=True)
    """False from the moment the person blocks the bot until they write again."""
    notifies = models.BooleanField(_("is told of builds from elsewhere"), default=True)
    conversation_state = models.CharField(max_length=16, choices=DialogState.choices, default=DialogState.IDLE)
    dialog = models.JSONField(default=dict, blank=True)
    """What was asked, and what is known so far: ``{"asked": …}`` and what that question needs; {} while idle."""
    window_started_at = models.DateTimeField(null=True, blank=True)
    window_count = models.PositiveIntegerField(default=0)
    """Updates since then, for the limit per chat."""
    last_interaction_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("Telegram contact")
        verbose_name_plural = _("Telegram contacts")
        constraints = [
            models.CheckConstraint(
                condition=Q(conversation_state__in=DialogState.values), name="contact_dialog_state_known"
            ),
            models.CheckConstraint(
                condition=Q(is_friend=False) | Q(user__isnull=False), name="contact_friend_has_an_account"
            ),
        ]

    def __str__(self) -> str:
        return f"@{self.telegram_username}" if self.telegram_username else self.first_name or str(self.telegram_id)
