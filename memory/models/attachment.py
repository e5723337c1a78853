"""Files that somebody brought along with what they said."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _

from agentsite.accounts import storage
from agentsite.common.ids import uuid7
from memory.models.bounds import MAX_JSON, json_within
from memory.models.message import Message

MAX_NAME = 200


class Family(models.TextChoices):
    """How a file is read."""

    TEXT = "text", _("text")
    IMAGE = "image", _("image")
    VOICE = "voice", _("voice")
    ARCHIVE = "archive", _("archive")


class Source(models.TextChoices):
    """Which way a file came."""

    WEB = "web", _("web")
    API = "api", _("API")
    TELEGRAM = "telegram", _("Telegram")


class Attachment(models.Model):
    """A file; it has no message until it is said. What it holds stands in a table of its own."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="attachments")
    message = models.ForeignKey(Message, null=True, blank=True, on_delete=models.CASCADE, related_name="attachments")
    name = models.CharField(_("name"), max_length=MAX_NAME)
    """As it is shown; it says nothing about what the file is and leads nowhere."""
    family = models.CharField(_("family"), max_length=16, choices=Family.choices)
    media_type = models.CharField(_("type"), max_length=100)
    """Found in the content."""
    size = models.PositiveIntegerField(_("size"))
    sha256 = models.CharField(max_length=64)
    facts = models.JSONField(default=dict, blank=True)
    """What its headers say: width, height, encoding, members …"""
    source = models.CharField(_("source"), max_length=16, choices=Source.choices)
    platform_file_id = models.CharField(max_length=200, blank=True)
    """What the platform calls this sending of it; empty where nobody sends one twice."""
    read_at = models.DateTimeField(_("read"), null=True, blank=True)
    """When a worker had read it, or found that it can't be read."""
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["user", "-id"]),
            models.Index(fields=["created_at"], condition=Q(message=None), name="attachment_unsaid"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(family__in=Family.values), name="attachment_family_known"),
            models.CheckConstraint(condition=Q(source__in=Source.values), name="attachment_source_known"),
            models.CheckConstraint(condition=~Q(name=""), name="attachment_has_a_name"),
            models.CheckConstraint(condition=Q(size__gte=1), name="attachment_not_empty"),
            json_within("facts", MAX_JSON, name="attachment_facts_within"),
            models.UniqueConstraint(
                fields=["user", "platform_file_id"],
                condition=~Q(platform_file_id=""),
                name="attachment_stored_once",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class AttachmentContent(models.Model):
    """The bytes of a file, so that no list of files ever loads them."""

    attachment = models.OneToOneField(Attachment, on_delete=models.CASCADE, primary_key=True, related_name="stored")
    content = models.BinaryField()

    def __str__(self) -> str:
        return str(self.attachment_id)


@receiver(post_delete, sender=Attachment)
def give_back(instance: Attachment, **_more: Any) -> None:
    """Give its room back whichever way it went: by itself, with its message, its conversation or its owner."""
    storage.give_back(instance.user_id, instance.size)
