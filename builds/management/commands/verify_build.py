"""``manage.py verify_build ID`` or ``--archive FILE.zip``: check the evidence of a build again."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from builds import archive as archives
from builds import engine, evidence, failures, selectors, verifying
from builds.agent.errors import AgentError
from builds.agent.values import SandboxLimits
from builds.models.build import Build
from builds.toolchains.registry import toolchain_for

DISAGREES = 1
UNUSABLE = 2


class Command(BaseCommand):
    """Run every proof again from the stored tree; exit 0 if all agrees, 1 if not, 2 if it can't be checked."""

    help = (
        "Check the evidence of a build, or of a downloaded archive, again. Exit codes: 0 it agrees, 1 it does not, "
        "2 it can't be read, or can't be checked here."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take a build, or an archive alone."""
        parser.add_argument("build", nargs="?", type=UUID)
        parser.add_argument("--archive", type=Path, help="a zip downloaded from any server")

    def handle(self, *, build: UUID | None, archive: Path | None, **_: Any) -> None:
        """Print what was stored and what was found now, line by line."""
        try:
            tree, stored = self._from_archive(archive) if archive else self._from_build(build)
            agrees = self._agrees(tree, stored)
        except AgentError as error:
            raise CommandError(failures.message(error.code, dict(error.details)), returncode=UNUSABLE) from None
        if not agrees:
            raise CommandError("The evidence does not agree.", returncode=DISAGREES)
        self.stdout.write(f"The evidence agrees: {stored.verification}.")
        self.stdout.write(_believed(stored.claims))

    def _agrees(self, tree: dict[str, str], stored: evidence.Document) -> bool:
        limits = SandboxLimits(wall_seconds=settings.SANDBOX_WALL_SECONDS)
        toolchain = toolchain_for(stored.language, engine.sandbox(), limits)
        agrees = True
        for row in verifying.checked(toolchain, tree, stored):
            self.stdout.write(f"{'agrees ' if row.agrees else 'DIFFERS'}  {row}")
            agrees = agrees and row.agrees
        return agrees

    def _from_archive(self, archive: Path) -> tuple[dict[str, str], evidence.Document]:
        try:
            return archives.unzipped(archive.read_bytes())
        except (OSError, evidence.UnreadableEvidenceError) as error:
            raise CommandError(f"{archive} can't be checked: {error}.", returncode=UNUSABLE) from None

    def _from_build(self, build_id: UUID | None) -> tuple[dict[str, str], evidence.Document]:
        build = Build.objects.filter(id=build_id).first() if build_id else None
        rows = list(build.evidence.all()) if build else []
        if build is None or not rows:
            raise CommandError("There is no such build, or it has no evidence.", returncode=UNUSABLE)
        tree = {file.path: file.blob.text for file in selectors.files_of(build.id)}
        return tree, evidence.document(build, rows, tree)


def _believed(claims: evidence.Claims) -> str:
    examples = ", ".join(ascii(example.expression) for example in claims.examples or []) or "none"
    changed = ", ".join(map(ascii, claims.changed_tests or [])) or "none"
    lost = "yes" if claims.lost_tests else "no"
    return (
        f"What no run can show, so you have to believe it: all examples of the request: {examples}; "
        f"tests changed by somebody who had seen the code: {changed}; tests lost on the way: {lost}."
    )
