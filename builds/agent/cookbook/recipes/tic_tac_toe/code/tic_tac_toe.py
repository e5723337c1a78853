"""The rules of tic-tac-toe for two players."""

_SIZE = 3
_LINES = (
    (0, 1, 2),
    (3, 4, 5),
    (6, 7, 8),
    (0, 3, 6),
    (1, 4, 7),
    (2, 5, 8),
    (0, 4, 8),
    (2, 4, 6),
)


class IllegalMove(ValueError):
    """The move is against the rules; nothing changed."""


class TicTacToe:
    """One game: X begins, rows and columns are counted from 0."""

    def __init__(self) -> None:
        self._cells = [" "] * (_SIZE * _SIZE)

    def current_player(self) -> str:
        """Tell whose turn it is."""
        return "X" if self._cells.count("X") == self._cells.count("O") else "O"

    def play(self, row: int, column: int) -> str | None:
        """Mark a cell for the current player and return the winner, if there is one.

        :raises IllegalMove: the cell is taken or not on the board, or the game is over.
        """
        if row not in range(_SIZE) or column not in range(_SIZE):
            raise IllegalMove("the cell is not on the board")
        if self.is_over():
            raise IllegalMove("the game is over")
        position = row * _SIZE + column
        if self._cells[position] != " ":
            raise IllegalMove("the cell is taken")
        self._cells[position] = self.current_player()
        return self.winner()

    def winner(self) -> str | None:
        """Tell who has three in a row, column or diagonal."""
        for line in _LINES:
            marks = {self._cells[position] for position in line}
            if len(marks) == 1 and " " not in marks:
                return marks.pop()
        return None

    def is_draw(self) -> bool:
        """Tell whether the board is full and nobody has won."""
        return " " not in self._cells and self.winner() is None

    def is_over(self) -> bool:
        """Tell whether somebody has won or the board is full."""
        return self.winner() is not None or self.is_draw()

    def __str__(self) -> str:
        rows = (self._cells[start : start + _SIZE] for start in (0, 3, 6))
        return "\n-+-+-\n".join("|".join(row) for row in rows)
