"""What can go wrong with holding a run."""


class StaleFence(Exception):
    """Somebody else took the run over; nothing was written."""
