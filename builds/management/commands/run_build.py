"""``manage.py run_build "requirements" --name NAME``: one build in the foreground."""

import logging
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from agentsite.accounts.models import User
from agentsite.accounts.operators import FIRST_OPERATOR, ensure_first_operator
from agentsite.common.errors import AppError
from agentsite.lock import DataDirectoryLock, DirectoryInUse
from agentsite.schema import migrate
from builds import failures, following, library, naming, runner, selectors, services
from builds.background import InBackground
from builds.models.build import Build
from builds.runs.claim import expire_all_leases
from builds.states import Verification
from memory import services as memory

_LOOK_SECONDS = 0.5


@contextmanager
def _without_logs() -> Iterator[None]:
    """Let the terminal show progress instead."""
    logger = logging.getLogger()
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


class Command(BaseCommand):
    """Run one build with live progress; exit 0 only when the result is verified."""

    help = "Run one build in the foreground; exit 0 only when the result is verified."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what the API takes."""
        parser.add_argument("requirements")
        parser.add_argument("--name", default="", help="name of the project; made from the requirements when left out")
        parser.add_argument("--language", default="python")
        parser.add_argument("--user", default=FIRST_OPERATOR)
        parser.add_argument("--model", default="", help="provider:name")
        parser.add_argument("--out", type=Path, help="folder to write the files to")

    def handle(self, *, requirements: str, name: str, language: str, user: str, **options: Any) -> None:
        """Submit, follow, write the files."""
        out: Path | None = options["out"]
        if out and out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise CommandError(f"{out} exists and is not an empty folder.")
        with _without_logs():
            migrate()
            build = self._submit(requirements, name, language, user, options["model"])
            self._run(build)
        build.refresh_from_db()
        if out:
            self._write(build, out)
        self._tell(build)

    def _submit(self, requirements: str, name: str, language: str, user: str, model: str) -> Build:
        if user == FIRST_OPERATOR:
            ensure_first_operator()
        owner = User.objects.filter(username=user).first()
        if owner is None:
            raise CommandError(f"There is no account named {user!r}.")
        try:
            return services.submit_build(
                user=owner,
                project_name=name or naming.name_from(requirements),
                requirements=requirements,
                language=language,
                model=model,
            )
        except AppError as error:
            fields = "".join(f"\n  {field}: {' '.join(texts)}" for field, texts in error.fields.items())
            raise CommandError(f"{error.message} {error.hint}{fields} [{error.code}]") from None

    def _run(self, build: Build) -> None:
        try:
            with InBackground(lambda: self._build_or_wait(build)):
                for event in following.events_until_final(build.id, build.run_id):
                    self._say(following.line(event))
        except KeyboardInterrupt:
            services.cancel_build(user=build.user, build=build)
            raise CommandError("Cancelled.") from None

    def _build_or_wait(self, build: Build) -> None:
        """Run the build here as soon as nobody else holds the data directory; until then somebody else may run it."""
        said = False
        while not Build.objects.get(id=build.id).is_final:
            try:
                with DataDirectoryLock():
                    self._build_here(build)
            except DirectoryInUse:
                if not said:
                    self._say("A server is running here: it builds, this follows.")
                said = True
            time.sleep(_LOOK_SECONDS)

    def _build_here(self, build: Build) -> None:
        if connection.vendor == "sqlite":
            expire_all_leases()  # the lock says that whoever held one is dead
        library.seed_shared_library()
        runner.run_next(run_id=build.run_id)
        memory.catch_up()  # no worker is here that would

    def _say(self, line: str) -> None:
        if line:
            self.stdout.write(line)
            self.stdout.flush()

    def _write(self, build: Build, out: Path) -> None:
        for file in selectors.files_of(build.id):
            target = out / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(bytes(file.blob.content))

    def _tell(self, build: Build) -> None:
        cookbook = "  (from the cookbook, not from a model)" if build.model.startswith("cookbook") else ""
        self.stdout.write(f"\n{build.get_status_display()}, {build.get_verification_display()}{cookbook}")
        if build.error_code:
            message = failures.message(build.error_code, build.error_details)
            raise CommandError(f"{message} {failures.hint(build.error_code, build.error_details)} [{build.error_code}]")
        if build.verification != Verification.VERIFIED:
            missing = [proof for proof in build.proofs if proof.get("reason")]
            reasons = ", ".join(f"{proof['kind']}: {proof['reason']}" for proof in missing)
            raise CommandError(f"The result is not verified. {reasons}")
