"""What belongs to a message beside its text."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from memory.models.attachment import Attachment
from memory.models.bounds import MAX_RAW_JSON, json_within, text_within
from memory.models.message import Message

MAX_TEXT = 200_000


class ArtifactKind(models.TextChoices):
    """What it is."""

    VOICE_TRANSCRIPT = "voice_transcript", _("transcript of speech")
    IMAGE_JSON = "image_json", _("description of an image")
    OCR_TEXT = "ocr_text", _("text read from an image")
    FILE_META = "file_meta", _("facts about a file")
    TOOL_RESULT = "tool_result", _("result of a tool")


class MessageArtifact(models.Model):
    """A transcript, a description, a result; ``uri`` says where the thing itself is, if it is anywhere.

    What was read in a file belongs to the file, and through it to the message as soon as that is said.
    """

    message = models.ForeignKey(Message, null=True, blank=True, on_delete=models.CASCADE, related_name="artifacts")
    attachment = models.ForeignKey(
        Attachment, null=True, blank=True, on_delete=models.CASCADE, related_name="artifacts"
    )
    kind = models.CharField(_("kind"), max_length=32, choices=ArtifactKind.choices)
    content_json = models.JSONField(default=dict, blank=True)
    text = models.TextField(_("text"), blank=True)
    """What was read or heard: long, and so beside the facts; lists show its beginning."""
    uri = models.CharField(max_length=2_000, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ArtifactKind.values), name="artifact_kind_known"),
            models.CheckConstraint(
                condition=Q(message__isnull=False) | Q(attachment__isnull=False), name="artifact_belongs_somewhere"
            ),
            models.UniqueConstraint(fields=["attachment", "kind"], name="artifact_of_attachment_once"),
            text_within("text", MAX_TEXT, name="artifact_text_within"),
            json_within("content_json", MAX_RAW_JSON, name="artifact_content_within"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
