"""What belongs to a message beside its text."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from memory.models.bounds import MAX_RAW_JSON, json_within
from memory.models.message import Message


class ArtifactKind(models.TextChoices):
    """What it is."""

    VOICE_TRANSCRIPT = "voice_transcript", _("transcript of speech")
    IMAGE_JSON = "image_json", _("description of an image")
    OCR_TEXT = "ocr_text", _("text read from an image")
    FILE_META = "file_meta", _("facts about a file")
    TOOL_RESULT = "tool_result", _("result of a tool")


class MessageArtifact(models.Model):
    """A transcript, a description, a result; ``uri`` says where the thing itself is, if it is anywhere."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="artifacts")
    kind = models.CharField(_("kind"), max_length=32, choices=ArtifactKind.choices)
    content_json = models.JSONField(default=dict, blank=True)
    uri = models.CharField(max_length=2_000, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ArtifactKind.values), name="artifact_kind_known"),
            json_within("content_json", MAX_RAW_JSON, name="artifact_content_within"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
