import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from inventory import Inventory, Item


@pytest.fixture
def stock() -> Iterator[Inventory]:
    with Inventory() as inventory:
        inventory.add("tea", 10, 250)
        inventory.add("coffee", 2, 700)
        yield inventory


def test_an_added_item_is_found(stock: Inventory) -> None:
    assert stock.get("tea") == Item("tea", 10, 250)


def test_items_are_listed_by_name(stock: Inventory) -> None:
    assert [item.name for item in stock.items()] == ["coffee", "tea"]


def test_the_quantity_goes_up_and_down(stock: Inventory) -> None:
    assert stock.change_quantity("tea", 5) == 15
    assert stock.change_quantity("tea", -15) == 0


def test_no_more_can_be_taken_than_there_is(stock: Inventory) -> None:
    with pytest.raises(ValueError, match="not enough 'tea'"):
        stock.change_quantity("tea", -11)
    assert stock.get("tea").quantity == 10


def test_a_removed_item_is_gone(stock: Inventory) -> None:
    stock.remove("tea")
    assert [item.name for item in stock.items()] == ["coffee"]


def test_items_that_run_out_are_listed(stock: Inventory) -> None:
    stock.add("sugar", 0, 90)
    assert [item.name for item in stock.low_stock(2)] == ["sugar", "coffee"]


def test_the_value_of_the_stock_is_added_up(stock: Inventory) -> None:
    assert stock.total_value_cents() == 3900


def test_an_empty_stock_is_worth_nothing() -> None:
    with Inventory() as stock:
        assert stock.total_value_cents() == 0
        stock.add("tea", 1, 5)
        assert stock.total_value_cents() == 5


@pytest.mark.parametrize(
    ("name", "quantity", "price"), [("tea", 1, 1), ("new", -1, 1), ("new", 1, -1)]
)
def test_figures_that_cannot_be_are_refused(
    stock: Inventory, name: str, quantity: int, price: int
) -> None:
    with pytest.raises(ValueError, match="cannot add"):
        stock.add(name, quantity, price)


def test_an_unknown_item_is_an_error(stock: Inventory) -> None:
    with pytest.raises(KeyError):
        stock.get("salt")
    with pytest.raises(KeyError):
        stock.change_quantity("salt", 1)
    with pytest.raises(KeyError):
        stock.remove("salt")


def test_names_cannot_change_the_query(stock: Inventory) -> None:
    stock.add("x'; DROP TABLE items; --", 1, 1)
    assert len(stock.items()) == 3


def test_the_stock_is_kept_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "stock.db"
    with Inventory(path) as stock:
        stock.add("tea", 1, 1)
    with Inventory(path) as stock:
        assert stock.get("tea") == Item("tea", 1, 1)


def test_a_closed_inventory_cannot_be_used() -> None:
    stock = Inventory()
    stock.close()
    with pytest.raises(sqlite3.ProgrammingError):
        stock.items()
