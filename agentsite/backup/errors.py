"""Why a backup or a restore does not happen."""


class BackupError(Exception):
    """It does not happen; the text says why, and what to do."""
