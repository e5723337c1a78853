import pytest

from matrix import (
    add,
    determinant,
    identity,
    multiply,
    scale,
    shape,
    subtract,
    transpose,
)

A = [[1, 2], [3, 4]]
B = [[5, 6], [7, 8]]


def test_the_shape_is_rows_and_columns() -> None:
    assert shape([[1, 2, 3], [4, 5, 6]]) == (2, 3)


@pytest.mark.parametrize("matrix", [[], [[]], [[1, 2], [3]]])
def test_what_is_not_a_matrix_is_refused(matrix: list[list[float]]) -> None:
    with pytest.raises(ValueError, match="row"):
        shape(matrix)


def test_the_identity_changes_nothing() -> None:
    assert identity(2) == [[1, 0], [0, 1]]
    assert multiply(A, identity(2)) == A


def test_rows_and_columns_are_swapped() -> None:
    assert transpose([[1, 2, 3], [4, 5, 6]]) == [[1, 4], [2, 5], [3, 6]]


def test_matrices_are_added() -> None:
    assert add(A, B) == [[6, 8], [10, 12]]


def test_matrices_are_subtracted() -> None:
    assert subtract(B, A) == [[4, 4], [4, 4]]


def test_a_matrix_is_scaled() -> None:
    assert scale(A, 3) == [[3, 6], [9, 12]]


def test_matrices_are_multiplied() -> None:
    assert multiply(A, B) == [[19, 22], [43, 50]]


def test_matrices_of_fitting_shapes_are_multiplied() -> None:
    assert multiply([[1, 2, 3]], [[1], [2], [3]]) == [[14]]


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        ([[5]], 5),
        (A, -2),
        ([[0, 1], [1, 0]], -1),
        ([[2, 0, 1], [1, 3, 2], [1, 1, 4]], 18),
    ],
)
def test_the_determinant_is_computed(
    matrix: list[list[float]], expected: float
) -> None:
    assert determinant(matrix) == pytest.approx(expected)


def test_dependent_rows_have_no_determinant() -> None:
    assert determinant([[0, 0], [0, 1]]) == 0
    assert determinant([[1, 2], [3, 4]]) != 0


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="shapes differ"):
        add(A, [[1, 2]])
    with pytest.raises(ValueError, match="columns of the first"):
        multiply(A, [[1, 2]])
    with pytest.raises(ValueError, match="square"):
        determinant([[1, 2]])
