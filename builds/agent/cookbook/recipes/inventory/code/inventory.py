"""A stock inventory kept in an SQLite database."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

_TABLE = """
CREATE TABLE IF NOT EXISTS items (
    name TEXT PRIMARY KEY,
    quantity INTEGER NOT NULL CHECK (quantity >= 0),
    price_cents INTEGER NOT NULL CHECK (price_cents >= 0)
)
"""


@dataclass(frozen=True)
class Item:
    """One kind of goods."""

    name: str
    quantity: int
    price_cents: int


class Inventory:
    """Keep items with their quantity and price; use it in a ``with`` block."""

    def __init__(self, path: Path | str = ":memory:") -> None:
        self._database = sqlite3.connect(path)
        with self._database:
            self._database.execute(_TABLE)

    def __enter__(self) -> "Inventory":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the database; it cannot be used afterwards."""
        self._database.close()

    def add(self, name: str, quantity: int, price_cents: int) -> None:
        """Add a new item.

        :raises ValueError: the item exists, or a figure is negative.
        """
        try:
            with self._database:
                self._database.execute(
                    "INSERT INTO items VALUES (?, ?, ?)", (name, quantity, price_cents)
                )
        except sqlite3.IntegrityError:
            raise ValueError(f"cannot add {name!r} with these figures") from None

    def get(self, name: str) -> Item:
        """Look up an item.

        :raises KeyError: there is no such item.
        """
        query = "SELECT name, quantity, price_cents FROM items WHERE name = ?"
        row = self._database.execute(query, (name,)).fetchone()
        if row is None:
            raise KeyError(name)
        return Item(*row)

    def change_quantity(self, name: str, difference: int) -> int:
        """Add to the quantity, or take from it, and return the new one.

        :raises KeyError: there is no such item.
        :raises ValueError: there are not so many; nothing changes.
        """
        self.get(name)
        statement = "UPDATE items SET quantity = quantity + ? WHERE name = ?"
        try:
            with self._database:
                self._database.execute(statement, (difference, name))
        except sqlite3.IntegrityError:
            raise ValueError(f"not enough {name!r} in stock") from None
        return self.get(name).quantity

    def remove(self, name: str) -> None:
        """Delete an item.

        :raises KeyError: there is no such item.
        """
        self.get(name)
        with self._database:
            self._database.execute("DELETE FROM items WHERE name = ?", (name,))

    def items(self) -> list[Item]:
        """List all items by name."""
        query = "SELECT name, quantity, price_cents FROM items ORDER BY name"
        return [Item(*row) for row in self._database.execute(query)]

    def low_stock(self, threshold: int) -> list[Item]:
        """List the items of which there are at most so many, the fewest first."""
        query = (
            "SELECT name, quantity, price_cents FROM items "
            "WHERE quantity <= ? ORDER BY quantity, name"
        )
        return [Item(*row) for row in self._database.execute(query, (threshold,))]

    def total_value_cents(self) -> int:
        """Add up quantity times price over all items."""
        query = "SELECT COALESCE(SUM(quantity * price_cents), 0) FROM items"
        return int(self._database.execute(query).fetchone()[0])
