"""Analyses on the wire. What code may be is decided in ``builds.foreign_code``, once for every door."""

from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from agentsite.common.serializers import StrictSerializer
from builds import failures, foreign_code
from builds.agent.tree import MAX_FILE_BYTES, MAX_FILES, MAX_PATH_LENGTH
from builds.api.serializers import FindingsField, PlaceSerializer
from builds.models.analysis import AnalysisQuerySet, CodeAnalysis
from builds.models.run import RunState
from builds.runs import places
from builds.states import State

_ORIGINS = [("submitted", "sent in by itself"), ("build", "of a build")]


class GivenFileSerializer(StrictSerializer):
    """One file that is to be analysed."""

    path = serializers.CharField(
        max_length=MAX_PATH_LENGTH, trim_whitespace=False, help_text="Relative, with “/” between its parts."
    )
    content = serializers.CharField(max_length=MAX_FILE_BYTES, trim_whitespace=False, allow_blank=True)


class NewAnalysisSerializer(StrictSerializer):
    """Code to analyse: one text, or files."""

    language = serializers.CharField(max_length=32, help_text="python, javascript or typescript.")
    code = serializers.CharField(
        max_length=MAX_FILE_BYTES, trim_whitespace=False, required=False, help_text="Instead of `files`: one text."
    )
    files = serializers.ListField(
        child=GivenFileSerializer(),
        min_length=1,
        max_length=MAX_FILES,
        required=False,
        help_text="Instead of `code`: a project. Tests and tools' configuration in it are not judged, nor read.",
    )


class AnalysisFilterSerializer(StrictSerializer):
    """The query of a list; what is left out narrows nothing."""

    state = serializers.ChoiceField(choices=RunState.choices, required=False)
    origin = serializers.ChoiceField(choices=_ORIGINS, required=False)
    build = serializers.UUIDField(required=False, help_text="The one of this build.")
    language = serializers.CharField(max_length=32, required=False)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Let through what the pager reads."""
        return super().get_fields() | {name: serializers.CharField(required=False) for name in ("cursor", "page_size")}

    def narrowed(self, rows: AnalysisQuerySet) -> AnalysisQuerySet:
        """Keep what the query asks for."""
        given: dict[str, Any] = self.validated_data
        if "state" in given:
            rows = rows.in_state(given["state"])
        if "origin" in given:
            rows = rows.filter(build__isnull=given["origin"] == "submitted")
        return rows.filter(**{name: given[name] for name in ("build", "language") if name in given})


class AnalysisRowSerializer(serializers.ModelSerializer[CodeAnalysis]):
    """An analysis in a list."""

    owner = serializers.CharField(source="user.username", read_only=True)
    state = serializers.ChoiceField(choices=RunState.choices, read_only=True)

    class Meta:
        model = CodeAnalysis
        fields = [
            "id",
            "owner",
            "build",
            "language",
            "state",
            "size_bytes",
            "quality_score",
            "security_score",
            "maintainability_index",
            "coverage_percent",
            "lines_of_code",
            "cyclomatic_complexity",
            "error_code",
            "error_message",
            "created_at",
            "started_at",
            "completed_at",
        ]
        read_only_fields = fields


class AnalysedFileSerializer(serializers.Serializer[None]):
    """One file that was sent in."""

    path = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes.")


class AnalysisDetailSerializer(AnalysisRowSerializer):
    """An analysis on its own: with all that the analysers said."""

    security_issues = FindingsField(read_only=True)
    code_smells = FindingsField(read_only=True)
    type_errors = FindingsField(read_only=True)
    recommendations = FindingsField(read_only=True)
    suggested_refactorings = FindingsField(read_only=True)
    tools = serializers.DictField(child=serializers.CharField(), read_only=True, help_text="Tool → version.")
    tools_failed = serializers.DictField(
        child=serializers.CharField(), read_only=True, help_text="Tool → why it could not judge; its score is null."
    )
    files = serializers.SerializerMethodField()
    error_hint = serializers.SerializerMethodField()
    queue = serializers.SerializerMethodField()
    waits_until = serializers.SerializerMethodField()
    cancel_requested_at = serializers.SerializerMethodField()

    class Meta(AnalysisRowSerializer.Meta):
        fields = [
            *AnalysisRowSerializer.Meta.fields,
            "files",
            "security_issues",
            "code_smells",
            "type_errors",
            "recommendations",
            "suggested_refactorings",
            "tools",
            "tools_failed",
            "analysis_duration_ms",
            "error_hint",
            "queue",
            "waits_until",
            "cancel_requested_at",
        ]
        read_only_fields = fields

    @extend_schema_field(AnalysedFileSerializer(many=True))
    def get_files(self, analysis: CodeAnalysis) -> list[dict[str, object]]:
        """List what was sent in; a build's files stand with the build."""
        tree = foreign_code.tree_of(analysis)
        return [{"path": path, "size": len(text.encode())} for path, text in tree.items()]

    def get_error_hint(self, analysis: CodeAnalysis) -> str:
        """Say what to do about the error."""
        return failures.hint(analysis.error_code, analysis.error_details) if analysis.error_code else ""

    @extend_schema_field(PlaceSerializer(allow_null=True))
    def get_queue(self, analysis: CodeAnalysis) -> object:
        """Return the place in the queue, for one that waits there."""
        place = places.place_of(analysis.run) if analysis.run else None
        return PlaceSerializer(place).data if place else None

    def get_waits_until(self, analysis: CodeAnalysis) -> datetime | None:
        """Return until when it waits for the sandbox; null when it doesn't."""
        run = analysis.run
        return run.next_attempt_at if run and run.state == State.WAITING else None

    def get_cancel_requested_at(self, analysis: CodeAnalysis) -> datetime | None:
        """Return since when somebody wants it to stop."""
        return analysis.run.cancel_requested_at if analysis.run else None
