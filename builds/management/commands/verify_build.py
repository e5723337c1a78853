"""``manage.py verify_build ID`` or ``--archive FILE.zip``: check the evidence of a build again."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from builds import engine, evidence, failures, selectors, verifying
from builds.agent.errors import AgentError
from builds.agent.values import SandboxLimits
from builds.models.build import Build
from builds.toolchains.registry import toolchain_for


class Command(BaseCommand):
    """Run tests and control again from the stored tree; exit 0 only when the evidence agrees."""

    help = "Check the evidence of a build, or of a downloaded archive, again; exit 0 only when it agrees."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take a build, or an archive alone."""
        parser.add_argument("build", nargs="?", type=UUID)
        parser.add_argument("--archive", type=Path, help="a zip downloaded from any server")

    def handle(self, *, build: UUID | None, archive: Path | None, **_: Any) -> None:
        """Print a table of what was stored and what was found now."""
        tree, found = self._from_archive(archive) if archive else self._from_build(build)
        try:
            limits = SandboxLimits(wall_seconds=settings.SANDBOX_WALL_SECONDS)
            toolchain = toolchain_for(str(found.get("language", "")), engine.sandbox(), limits)
            rows = list(verifying.checked(toolchain, tree, found))
        except AgentError as error:
            raise CommandError(failures.message(error.code, dict(error.details))) from None
        except (KeyError, TypeError, ValueError, AttributeError):
            raise CommandError("The evidence can't be read.") from None
        for row in rows:
            mark = "agrees" if row.agrees else "DIFFERS"
            self.stdout.write(f"{mark:8} {row.name}: stored {row.stored}, now {row.found}")
        if not all(row.agrees for row in rows):
            raise CommandError("The evidence does not agree.")
        self.stdout.write(f"The evidence agrees: {found.get('verification')}.")

    def _from_archive(self, archive: Path) -> tuple[dict[str, str], dict[str, Any]]:
        try:
            return verifying.read_archive(archive.read_bytes())
        except (OSError, verifying.UnreadableArchiveError) as error:
            raise CommandError(f"{archive} is no archive with evidence: {error}") from None

    def _from_build(self, build_id: UUID | None) -> tuple[dict[str, str], dict[str, Any]]:
        build = Build.objects.filter(id=build_id).first() if build_id else None
        rows = list(build.evidence.all()) if build else []
        if build is None or not rows:
            raise CommandError("There is no such build, or it has no evidence.")
        tree = {file.path: file.blob.text for file in selectors.files_of(build.id)}
        return tree, evidence.document(build, rows)
