"""Matrix arithmetic on lists of rows."""

from collections.abc import Sequence

Matrix = list[list[float]]
Rows = Sequence[Sequence[float]]


def shape(matrix: Rows) -> tuple[int, int]:
    """Count the rows and columns.

    :raises ValueError: the matrix is empty or its rows differ in length.
    """
    if not matrix or not matrix[0]:
        raise ValueError("a matrix needs at least one row and one column")
    if any(len(row) != len(matrix[0]) for row in matrix):
        raise ValueError("all rows must have the same length")
    return len(matrix), len(matrix[0])


def identity(size: int) -> Matrix:
    """Build a square matrix with ones on the diagonal."""
    return [[float(row == column) for column in range(size)] for row in range(size)]


def transpose(matrix: Rows) -> Matrix:
    """Swap rows and columns.

    :raises ValueError: not a matrix.
    """
    shape(matrix)
    return [list(column) for column in zip(*matrix, strict=True)]


def add(first: Rows, second: Rows) -> Matrix:
    """Add two matrices of the same shape.

    :raises ValueError: the shapes differ.
    """
    if shape(first) != shape(second):
        raise ValueError("the shapes differ")
    return [
        [a + b for a, b in zip(left, right, strict=True)]
        for left, right in zip(first, second, strict=True)
    ]


def scale(matrix: Rows, factor: float) -> Matrix:
    """Multiply every number of a matrix by a factor."""
    return [[number * factor for number in row] for row in matrix]


def subtract(first: Rows, second: Rows) -> Matrix:
    """Subtract the second matrix from the first.

    :raises ValueError: the shapes differ.
    """
    return add(first, scale(second, -1))


def multiply(first: Rows, second: Rows) -> Matrix:
    """Multiply two matrices.

    :raises ValueError: the first has not as many columns as the second has rows.
    """
    if shape(first)[1] != shape(second)[0]:
        raise ValueError("columns of the first must equal rows of the second")
    columns = transpose(second)
    return [
        [sum(a * b for a, b in zip(row, column, strict=True)) for column in columns]
        for row in first
    ]


def determinant(matrix: Rows) -> float:
    """Compute the determinant by elimination with the largest pivot.

    :raises ValueError: the matrix is not square.
    """
    rows, columns = shape(matrix)
    if rows != columns:
        raise ValueError("the matrix must be square")
    work = [list(map(float, row)) for row in matrix]
    result = 1.0
    for position in range(rows):
        pivot = max(range(position, rows), key=lambda row: abs(work[row][position]))
        if work[pivot][position] == 0:
            return 0.0
        if pivot != position:
            work[position], work[pivot] = work[pivot], work[position]
            result = -result
        result *= work[position][position]
        for row in work[position + 1 :]:
            factor = row[position] / work[position][position]
            for column in range(position, rows):
                row[column] -= factor * work[position][column]
    return result
