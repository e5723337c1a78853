"""Every door's row."""

from tests.access import matrix, matrix_deployments

ROWS = (*matrix.ROWS, *matrix_deployments.ROWS)
