"""Builds on the wire. What a field may hold is decided in ``builds.validation``, once for every door."""

from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from agentsite.common.serializers import LaidOutOnce, ReadSerializer, StrictSerializer
from builds import failures, selectors
from builds.api.attachment_serializers import BuildAttachmentSerializer
from builds.models.analysis import REPORTED, CodeAnalysis
from builds.models.build import Build
from builds.runs import places
from builds.states import State

RETRY_FROM = [("start", "at the start"), ("failed", "where the build failed or was stopped")]
_OBJECT = {"type": "object", "additionalProperties": {}}


class FindingSerializer(serializers.Serializer[None]):
    """Something that an analyser remarked."""

    file = serializers.CharField(allow_blank=True)
    line = serializers.IntegerField(help_text="From 1; 0 when it is about no line.")
    rule = serializers.CharField(allow_blank=True)
    message = serializers.CharField(allow_blank=True)
    severity = serializers.CharField(allow_blank=True)


@extend_schema_field({"type": "array", "items": _OBJECT})
class ObjectsField(serializers.JSONField):
    """A list of JSON objects."""


@extend_schema_field(FindingSerializer(many=True))
class FindingsField(serializers.JSONField):
    """A list of remarks."""


@extend_schema_field(_OBJECT)
class ObjectField(serializers.JSONField):
    """A JSON object."""


@extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
class WordsField(serializers.JSONField):
    """Words by name."""


class NewBuildSerializer(StrictSerializer):
    """A request for a build."""

    project_name = serializers.CharField(max_length=255)
    requirements = serializers.CharField(max_length=20_000, trim_whitespace=False)
    description = serializers.CharField(max_length=20_000, required=False, allow_blank=True, default="")
    language = serializers.CharField(max_length=32, required=False, default="python")
    tags = serializers.ListField(
        child=serializers.CharField(max_length=50), max_length=20, required=False, default=list
    )
    budget_usd = serializers.DecimalField(
        max_digits=12, decimal_places=6, min_value=0, required=False, allow_null=True, default=None
    )
    model = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    use_memory = serializers.BooleanField(
        required=False, default=True, help_text="False: it is built without what earlier builds taught."
    )
    excluded_memory = serializers.ListField(
        child=serializers.UUIDField(),
        max_length=100,
        required=False,
        default=list,
        help_text="Passages, and builds whose passages, it shall not be shown.",
    )
    attachments = serializers.ListField(
        child=serializers.UUIDField(),
        max_length=10,
        required=False,
        default=list,
        help_text="Files of yours that belong to the request; see /api/v1/attachments/.",
    )


class RetrySerializer(StrictSerializer):
    """Where a retry begins."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Name a field by a word that Python keeps for itself."""
        return {"from": serializers.ChoiceField(choices=RETRY_FROM, default="start")}


class ForkSerializer(StrictSerializer):
    """A changed request that starts from an attempt; what is left out stays as the parent has it."""

    attempt = serializers.IntegerField(min_value=0, max_value=1_000_000, help_text="Number of a stored attempt.")
    requirements = serializers.CharField(max_length=20_000, trim_whitespace=False)
    project_name = serializers.CharField(max_length=255, required=False)
    model = serializers.CharField(max_length=200, required=False, allow_blank=True)
    budget_usd = serializers.DecimalField(max_digits=12, decimal_places=6, min_value=0, required=False, allow_null=True)
    use_memory = serializers.BooleanField(required=False)
    excluded_memory = serializers.ListField(child=serializers.UUIDField(), max_length=100, required=False)
    outdated_examples = serializers.ListField(
        child=serializers.CharField(max_length=500),
        max_length=100,
        required=False,
        help_text="Expressions of earlier examples that no longer hold; the others are tested again.",
    )


class BuildSerializer(ReadSerializer[Build]):
    """A build in a list."""

    owner = serializers.CharField(source="user.username", read_only=True)
    url = serializers.CharField(source="get_absolute_url", read_only=True, help_text="Its page, on this server.")
    parent = serializers.UUIDField(source="parent_id", allow_null=True, read_only=True)  # type: ignore[assignment]
    tags = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Build
        fields = [
            "id",
            "url",
            "owner",
            "parent",
            "forked_attempt",
            "project_name",
            "description",
            "requirements",
            "language",
            "tags",
            "status",
            "verification",
            "model",
            "budget_usd",
            "error_code",
            "error_message",
            "started_at",
            "completed_at",
            "duration_seconds",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields


class UsageSerializer(LaidOutOnce):
    """What a build's model calls used."""

    calls = serializers.IntegerField()
    tokens_input = serializers.IntegerField()
    tokens_output = serializers.IntegerField()
    cost_usd = serializers.DecimalField(max_digits=12, decimal_places=6)
    is_estimated = serializers.BooleanField(help_text="Some server gave no usage; its tokens come from the text.")
    has_price = serializers.BooleanField(help_text="False when a model's price is not known: the cost is too low.")


class PlaceSerializer(LaidOutOnce):
    """A place in the queue."""

    position = serializers.IntegerField(help_text="From 1.")
    wait_seconds = serializers.FloatField(help_text="About how long until it is this one's turn.")


class BuildDetailSerializer(BuildSerializer):
    """A build on its own: with what was proved and what it used."""

    proofs = ObjectsField(read_only=True, help_text="What was proved, strongest first.")
    test_results = ObjectField(read_only=True, help_text="The last test run; empty before the first.")
    error_hint = serializers.SerializerMethodField()
    redactions = serializers.DictField(
        child=serializers.IntegerField(),
        read_only=True,
        help_text="The highest number of each kind of placeholder that stands in the request for what was taken out.",
    )
    last_seq = serializers.IntegerField(source="run.last_seq", read_only=True)
    excluded_memory = serializers.ListField(child=serializers.UUIDField(), read_only=True)
    attachments = serializers.SerializerMethodField(help_text="What came with the request.")
    queue = serializers.SerializerMethodField()
    waits_until = serializers.SerializerMethodField()
    usage = serializers.SerializerMethodField()

    class Meta(BuildSerializer.Meta):
        fields = [
            *BuildSerializer.Meta.fields,
            "summary",
            "redactions",
            "error_hint",
            "proofs",
            "test_results",
            "generated_code",
            "last_seq",
            "use_memory",
            "excluded_memory",
            "attachments",
            "queue",
            "waits_until",
            "usage",
        ]
        read_only_fields = fields

    def get_error_hint(self, build: Build) -> str:
        """Say what to do about the error."""
        return failures.hint(build.error_code, build.error_details) if build.error_code else ""

    @extend_schema_field(BuildAttachmentSerializer(many=True))
    def get_attachments(self, build: Build) -> object:
        """Return the files that came with the request, in their order."""
        files = [] if build.came_alone else selectors.attachments_of(build.id)
        return BuildAttachmentSerializer(files, many=True).data if files else []  # type: ignore[arg-type]

    @extend_schema_field(PlaceSerializer(allow_null=True))
    def get_queue(self, build: Build) -> object:
        """Return the place in the queue, for a build that waits there."""
        place = places.place_of(build.run)
        return PlaceSerializer(place).data if place else None

    def get_waits_until(self, build: Build) -> datetime | None:
        """Return until when it waits for its model's provider; null when it doesn't."""
        return build.run.next_attempt_at if build.status == State.WAITING else None

    @extend_schema_field(UsageSerializer)
    def get_usage(self, build: Build) -> object:
        """Return tokens and money."""
        was_taken_up = build.run.fence > 0
        spent = selectors.spending(build.id) if was_taken_up else selectors.NOTHING_SPENT
        return UsageSerializer(spent).data


class EventSerializer(serializers.Serializer[None]):
    """One line of the timeline."""

    seq = serializers.IntegerField()
    kind = serializers.CharField()
    node = serializers.CharField(allow_blank=True)
    payload = serializers.DictField()
    created_at = serializers.DateTimeField()


class EventPageSerializer(serializers.Serializer[None]):
    """A page of the timeline; ask again with the last ``seq``."""

    events = EventSerializer(many=True)
    last_seq = serializers.IntegerField(help_text="The number of the newest event.")


class FileSerializer(serializers.Serializer[None]):
    """One file of an attempt."""

    path = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes.")
    sha256 = serializers.CharField()
    language = serializers.CharField(allow_blank=True)
    is_test = serializers.BooleanField()


class FileListSerializer(serializers.Serializer[None]):
    """The files of one attempt."""

    attempt = serializers.IntegerField(
        help_text="Number of the attempt shown; 0 for what a fork starts from, and when nothing has been written yet."
    )
    attempts = serializers.ListField(child=serializers.IntegerField())
    files = FileSerializer(many=True)


class AttemptSerializer(serializers.Serializer[None]):
    """One attempt."""

    number = serializers.IntegerField(help_text="0 for what a fork starts from.")
    files = serializers.IntegerField()
    tests = serializers.IntegerField(help_text="How many of the files are tests.")


class FileDiffSerializer(serializers.Serializer[None]):
    """What changed in one file."""

    path = serializers.CharField()
    added = serializers.IntegerField()
    removed = serializers.IntegerField()
    diff = serializers.CharField(allow_blank=True, help_text="Unified, three lines of context, without file names.")
    is_too_long = serializers.BooleanField(help_text="The difference was cut, or not worked out.")


class DiffSerializer(serializers.Serializer[None]):
    """What changed from one attempt to another."""

    before = serializers.IntegerField()
    after = serializers.IntegerField()
    files = FileDiffSerializer(many=True)


class AnalysisSerializer(serializers.ModelSerializer[CodeAnalysis]):
    """Scores and findings of a build's code."""

    security_issues = FindingsField(read_only=True)
    code_smells = FindingsField(read_only=True)
    type_errors = FindingsField(read_only=True)
    recommendations = FindingsField(read_only=True)
    suggested_refactorings = FindingsField(read_only=True)
    tools = WordsField(read_only=True, help_text="Each tool's version.")
    tools_failed = WordsField(read_only=True, help_text="Why a tool could not run.")

    class Meta:
        model = CodeAnalysis
        fields = ["id", "build", "analysis_duration_ms", "created_at", *REPORTED]
        read_only_fields = fields
