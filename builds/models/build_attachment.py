"""What came with a build's request."""

from django.db import models
from django.db.models import Q

from builds.models.build import Build
from memory.models.attachment import MAX_NAME, Attachment, Family
from memory.models.bounds import text_within

MAX_TEXT = 30_000


class BuildAttachment(models.Model):
    """A file as a build saw it: the text stays when the file itself goes."""

    build = models.ForeignKey(Build, on_delete=models.CASCADE, related_name="attachments")
    attachment = models.ForeignKey(
        Attachment, null=True, blank=True, on_delete=models.SET_NULL, related_name="taken_by"
    )
    place = models.PositiveSmallIntegerField()
    """From 1, in the order in which the files were brought."""
    name = models.CharField(max_length=MAX_NAME)
    family = models.CharField(max_length=16, choices=Family.choices)
    text = models.TextField(blank=True)
    """What the model was shown of it; empty before it is read, and where nothing could be."""
    note = models.CharField(max_length=200, blank=True)
    """Why nothing was read: a code of ``builds.failures``, or the reader's own word."""
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["build", "place"]
        constraints = [
            models.UniqueConstraint(fields=["build", "place"], name="build_attachment_has_a_place"),
            models.CheckConstraint(condition=Q(family__in=Family.values), name="build_attachment_family_known"),
            models.CheckConstraint(condition=Q(place__gte=1), name="build_attachment_place_from_one"),
            text_within("text", MAX_TEXT, name="build_attachment_text_within"),
        ]

    def __str__(self) -> str:
        return self.name
