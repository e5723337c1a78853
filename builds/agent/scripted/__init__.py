"""Ports that say what a test told them to say; for tests of whatever calls a port."""
