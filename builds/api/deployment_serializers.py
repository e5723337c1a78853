"""Targets and deployments on the wire."""

from rest_framework import serializers

from agentsite.common.serializers import QuerySerializer, ReadSerializer, StrictSerializer
from builds.api.serializers import FileDiffSerializer
from builds.deployments import targets
from builds.deployments.cloning import clone_path
from builds.models.deployment import Deployment, DeploymentKind, DeploymentStatus, DeploymentTarget


class NewTargetSerializer(StrictSerializer):
    """Where to."""

    name = serializers.CharField(max_length=targets.MAX_NAME, help_text="Letters, digits, - and _; yours only once.")
    branch = serializers.CharField(max_length=100, default="main", help_text="For good.")
    remote_url = serializers.CharField(
        max_length=2_000,
        required=False,
        allow_blank=True,
        help_text="https, on a public address; left out: a repository on this server, which can be cloned.",
    )
    username = serializers.CharField(max_length=100, required=False, allow_blank=True, help_text="Shown to the remote.")
    credential = serializers.CharField(
        max_length=targets.MAX_CREDENTIAL,
        required=False,
        allow_blank=True,
        write_only=True,
        help_text="Password or token for the remote; kept encrypted and never told again.",
    )


class TargetChangesSerializer(StrictSerializer):
    """What is left out stays."""

    name = serializers.CharField(max_length=targets.MAX_NAME, required=False)
    remote_url = serializers.CharField(max_length=2_000, required=False)
    username = serializers.CharField(max_length=100, required=False, allow_blank=True)
    credential = serializers.CharField(
        max_length=targets.MAX_CREDENTIAL,
        required=False,
        allow_blank=True,
        write_only=True,
        help_text="Empty: the one that is kept is removed; so it is with a remote on another host.",
    )
    is_archived = serializers.BooleanField(required=False, help_text="Nothing is deployed to an archived target.")


class TargetSerializer(ReadSerializer[DeploymentTarget]):
    """A target, without its credential."""

    is_local = serializers.BooleanField(read_only=True, help_text="Its repository is on this server.")
    has_credential = serializers.BooleanField(read_only=True)
    clone_path = serializers.SerializerMethodField(help_text="What to clone from this server; empty for a remote.")

    class Meta:
        model = DeploymentTarget
        fields = [
            "id",
            "name",
            "branch",
            "remote_url",
            "username",
            "has_credential",
            "is_local",
            "clone_path",
            "healthy_sha",
            "archived_at",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields

    def get_clone_path(self, target: DeploymentTarget) -> str:
        """Say where it is cloned from."""
        return clone_path(target)


class NewDeploymentSerializer(StrictSerializer):
    """What, and where to."""

    build = serializers.UUIDField(help_text="A build of the caller's of which everything was proved.")
    target = serializers.UUIDField()


class RollbackSerializer(StrictSerializer):
    """Where to go back to."""

    target = serializers.UUIDField(required=False, help_text="Its target, to be sure; nothing else is possible.")


class DeploymentFilterSerializer(QuerySerializer):
    """What the list of deployments can be narrowed to."""

    target = serializers.UUIDField(required=False)
    build = serializers.UUIDField(required=False)
    status = serializers.ChoiceField(choices=DeploymentStatus.choices, required=False)
    kind = serializers.ChoiceField(choices=DeploymentKind.choices, required=False)


class DeploymentSerializer(ReadSerializer[Deployment]):
    """One try to put a tree onto a branch."""

    target = serializers.UUIDField(source="target_id", read_only=True)
    target_name = serializers.CharField(source="target.name", read_only=True)
    build = serializers.UUIDField(source="build_id", allow_null=True, read_only=True, help_text="Null once deleted.")
    restores = serializers.UUIDField(
        source="restores_id",
        allow_null=True,
        read_only=True,
        help_text="Of a rollback: the deployment that it brings back.",
    )
    run_state = serializers.CharField(
        source="run.state",
        read_only=True,
        help_text="pending: in the queue; waiting: for an approval, a sandbox or the remote; cancelled.",
    )
    approval = serializers.UUIDField(allow_null=True, read_only=True, help_text="The question that it waits for.")
    last_seq = serializers.IntegerField(
        source="run.last_seq", read_only=True, help_text="The number of its newest event."
    )

    class Meta:
        model = Deployment
        fields = [
            "id",
            "kind",
            "target",
            "target_name",
            "branch",
            "build",
            "project_name",
            "restores",
            "status",
            "run_state",
            "approval",
            "git_sha",
            "previous_sha",
            "tree_hash",
            "report_text",
            "error_code",
            "error_message",
            "last_seq",
            "created_at",
            "started_at",
            "finished_at",
        ]
        read_only_fields = fields


class DeploymentDiffSerializer(serializers.Serializer[None]):
    """What came with a deployment; its evidence is left out."""

    before = serializers.UUIDField(source="before.id", allow_null=True, default=None)
    after = serializers.UUIDField(source="after.id")
    files = FileDiffSerializer(many=True)
