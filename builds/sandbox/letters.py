"""Whether letters in images can be read where code runs."""

import os

from builds.agent.ports import Sandbox

TESSERACT = "/usr/bin/tesseract"
"""Debian's; a sandbox shows what lies below ``/usr``."""


def are_read(sandbox: Sandbox | None = None) -> bool:
    """Say whether Tesseract is installed.

    :param sandbox: where files are read; None means on this machine.
    :raises AgentError: the runner of a remote sandbox can't be asked.
    """
    about = getattr(sandbox, "about", None)  # of a RemoteSandbox, whatever is wrapped around it
    return bool(about().reads_letters) if about is not None else os.access(TESSERACT, os.X_OK)
