"""Telling other programs of builds: who is told, what, where it may go, and what came of it."""
