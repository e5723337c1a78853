"""Files that came with a request, on the wire."""

from rest_framework import serializers

from builds.models.build_attachment import BuildAttachment


class BuildAttachmentSerializer(serializers.Serializer[BuildAttachment]):
    """A file that came with a request."""

    id = serializers.UUIDField(source="attachment_id", allow_null=True, help_text="Null once the file was deleted.")
    name = serializers.CharField()
    family = serializers.CharField(help_text="text, image, voice or archive.")
    text = serializers.CharField(allow_blank=True, help_text="What the model was shown of it.")
    note = serializers.CharField(allow_blank=True, help_text="Why nothing was read: a code of docs/failures.md.")
    read_at = serializers.DateTimeField(allow_null=True, help_text="Null until a worker reads it.")
