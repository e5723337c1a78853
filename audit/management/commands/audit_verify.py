"""``manage.py audit_verify``: prove that nothing in the audit log was changed, removed or inserted."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.verifying import verify


class Command(BaseCommand):
    """Look at every seal and entry; exit with 1 and the first fault when there is one."""

    help = "Prove that nothing in the audit log was changed, removed or inserted; exits with 1 and names what was."

    def handle(self, **_: Any) -> None:
        """Verify, and say what nobody can vouch for."""
        walk = verify()
        for finding in walk.findings[1:]:
            self.stderr.write(f"{finding.code}: {finding.text}")
        self.stdout.write(f"{walk.entries} entries, {walk.seals} seals. {walk.window()}")
        if walk.findings:
            first = walk.findings[0]
            raise CommandError(f"{walk.faults} faults; the first is {first.code}: {first.text}")
        self.stdout.write(self.style.SUCCESS("Nothing was changed, removed or inserted."))
