"""Putting verified builds onto a branch: targets, deployments, and the repositories that people clone."""
