from pathlib import Path

import pytest

from csv_summary import ColumnSummary, read_rows, summarise, summarise_file

TABLE = 'name,price,count\n"Tea, green",2.5,10\nCoffee,3.5,\n\n'


def table(folder: Path, text: str) -> Path:
    path = folder / "table.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_rows_are_read_under_their_header(tmp_path: Path) -> None:
    assert read_rows(table(tmp_path, TABLE)) == [
        {"name": "Tea, green", "price": "2.5", "count": "10"},
        {"name": "Coffee", "price": "3.5", "count": ""},
    ]


def test_a_byte_order_mark_is_not_part_of_the_header(tmp_path: Path) -> None:
    assert read_rows(table(tmp_path, "\ufeffa,b\n1,2\n")) == [{"a": "1", "b": "2"}]


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no header"):
        read_rows(table(tmp_path, ""))


@pytest.mark.parametrize("line", ["1", "1,2,3"])
def test_a_row_of_another_length_is_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(ValueError, match="row 2 has"):
        read_rows(table(tmp_path, f"a,b\n1,2\n{line}\n"))


def test_numeric_columns_are_summarised_and_text_is_left_out(tmp_path: Path) -> None:
    assert summarise_file(table(tmp_path, TABLE)) == {
        "price": ColumnSummary(2, 6.0, 3.0, 2.5, 3.5),
        "count": ColumnSummary(1, 10.0, 10.0, 10.0, 10.0),
    }


def test_empty_cells_do_not_count() -> None:
    summary = summarise([{"x": "1"}, {"x": " "}, {"x": "-3"}])["x"]
    assert (summary.count, summary.total, summary.mean) == (2, -2.0, -1.0)
    assert (summary.minimum, summary.maximum) == (-3.0, 1.0)


def test_a_table_without_numbers_has_no_summary() -> None:
    assert summarise([{"x": "a"}]) == {}
    assert list(summarise([{"x": "1"}])) == ["x"]
