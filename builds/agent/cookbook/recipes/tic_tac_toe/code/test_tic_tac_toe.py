import pytest

from tic_tac_toe import IllegalMove, TicTacToe


def played(*moves: tuple[int, int]) -> TicTacToe:
    game = TicTacToe()
    for row, column in moves:
        game.play(row, column)
    return game


ROW = ((0, 0), (1, 0), (0, 1), (1, 1), (0, 2))
COLUMN = ((0, 1), (0, 0), (1, 1), (2, 0), (2, 1))
DIAGONAL = ((0, 0), (0, 1), (1, 1), (0, 2), (2, 2))
OTHER_DIAGONAL = ((0, 2), (0, 1), (1, 1), (0, 0), (2, 0))
DRAW = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 0), (1, 2), (2, 1), (2, 0), (2, 2))


def test_x_begins_and_players_take_turns() -> None:
    game = TicTacToe()
    players = [game.current_player()]
    game.play(0, 0)
    players.append(game.current_player())
    game.play(1, 1)
    players.append(game.current_player())
    assert players == ["X", "O", "X"]


@pytest.mark.parametrize("moves", [ROW, COLUMN, DIAGONAL, OTHER_DIAGONAL])
def test_three_in_a_line_win(moves: tuple[tuple[int, int], ...]) -> None:
    game = played(*moves)
    assert game.winner() == "X"
    assert game.is_over() is True
    assert game.is_draw() is False


def test_the_last_move_tells_the_winner() -> None:
    game = played(*ROW[:-1])
    assert game.winner() is None
    assert game.play(*ROW[-1]) == "X"


def test_o_can_win() -> None:
    game = played((2, 2), *ROW)
    assert game.winner() == "O"


def test_a_full_board_without_a_winner_is_a_draw() -> None:
    game = played(*DRAW)
    assert game.is_draw() is True
    assert game.is_over() is True
    assert game.winner() is None


def test_a_game_is_not_over_at_first() -> None:
    game = TicTacToe()
    assert (game.is_over(), game.is_draw(), game.winner()) == (False, False, None)
    assert game.current_player() == "X"


def test_a_taken_cell_is_refused_and_the_turn_stays() -> None:
    game = played((0, 0))
    with pytest.raises(IllegalMove, match="taken"):
        game.play(0, 0)
    assert game.current_player() == "O"


@pytest.mark.parametrize(("row", "column"), [(3, 0), (0, 3), (-1, 0), (0, -1)])
def test_a_cell_off_the_board_is_refused(row: int, column: int) -> None:
    with pytest.raises(IllegalMove, match="not on the board"):
        TicTacToe().play(row, column)


def test_nobody_plays_after_the_end() -> None:
    with pytest.raises(IllegalMove, match="over"):
        played(*ROW).play(2, 2)


def test_the_board_is_drawn() -> None:
    assert str(played((0, 0), (1, 1))) == "X| | \n-+-+-\n |O| \n-+-+-\n | | "
