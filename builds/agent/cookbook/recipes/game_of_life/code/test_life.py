import pytest

from life import evolve, next_generation, parse_board, render_board

BLINKER = {(1, 0), (1, 1), (1, 2)}
BLOCK = {(0, 0), (0, 1), (1, 0), (1, 1)}
GLIDER = {(0, 1), (1, 2), (2, 0), (2, 1), (2, 2)}


def test_a_board_is_read() -> None:
    assert parse_board("...\n###") == BLINKER


def test_a_board_is_drawn() -> None:
    assert render_board(BLINKER, 3, 3) == "...\n###\n..."


def test_a_block_stays_as_it_is() -> None:
    assert next_generation(BLOCK) == BLOCK


def test_a_blinker_turns() -> None:
    assert next_generation(BLINKER) == {(0, 1), (1, 1), (2, 1)}


def test_a_lonely_cell_dies() -> None:
    assert next_generation({(0, 0), (0, 1)}) == set()
    assert next_generation({(0, 0), (0, 1), (1, 0)}) == BLOCK


def test_a_crowded_cell_dies() -> None:
    plus = {(0, 1), (1, 0), (1, 1), (1, 2), (2, 1)}
    assert (1, 1) not in next_generation(plus)
    assert (0, 1) in next_generation(plus)


def test_a_glider_moves_diagonally_in_four_generations() -> None:
    assert evolve(GLIDER, 4) == {(row + 1, column + 1) for row, column in GLIDER}


def test_no_generations_change_nothing() -> None:
    assert evolve(BLINKER, 0) == BLINKER


def test_negative_generations_are_refused() -> None:
    with pytest.raises(ValueError, match="generations"):
        evolve(BLOCK, -1)
