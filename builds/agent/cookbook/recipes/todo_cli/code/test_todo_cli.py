from pathlib import Path

import pytest

from todo_cli import Task, TodoList, build_parser, main


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "todo.json"


def test_tasks_are_numbered_from_one(path: Path) -> None:
    todo = TodoList(path)
    assert [todo.add("milk"), todo.add(" bread ")] == [1, 2]
    assert todo.lines() == ["1. [ ] milk", "2. [ ] bread"]


def test_a_completed_task_is_ticked(path: Path) -> None:
    todo = TodoList(path)
    todo.add("milk")
    assert todo.complete(1) == Task("milk", done=True)
    assert todo.lines() == ["1. [x] milk"]


def test_later_tasks_move_up_when_one_is_removed(path: Path) -> None:
    todo = TodoList(path)
    todo.add("milk")
    todo.add("bread")
    assert todo.remove(1).title == "milk"
    assert todo.lines() == ["1. [ ] bread"]


def test_tasks_are_kept_in_the_file(path: Path) -> None:
    TodoList(path).add("молоко")
    todo = TodoList(path)
    todo.complete(1)
    assert TodoList(path).tasks == [Task("молоко", done=True)]


def test_a_removed_task_is_gone_from_the_file(path: Path) -> None:
    todo = TodoList(path)
    todo.add("milk")
    todo.add("bread")
    todo.remove(2)
    assert TodoList(path).tasks == [Task("milk")]


def test_an_empty_title_is_refused(path: Path) -> None:
    with pytest.raises(ValueError, match="title"):
        TodoList(path).add("  ")


@pytest.mark.parametrize("number", [0, 2, -1])
def test_an_unknown_number_is_refused(path: Path, number: int) -> None:
    todo = TodoList(path)
    todo.add("milk")
    with pytest.raises(ValueError, match="no task"):
        todo.complete(number)
    with pytest.raises(ValueError, match="no task"):
        todo.remove(number)


def test_the_parser_understands_its_commands() -> None:
    options = build_parser().parse_args(["--file", "x.json", "done", "3"])
    assert (options.file, options.command, options.number) == ("x.json", "done", 3)


def test_a_session_on_the_command_line(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commands = ["list", "add buy milk", "add rest", "done 1", "list", "remove 2"]
    statuses = [main(["--file", str(path), *line.split()]) for line in commands]
    assert statuses == [0] * len(commands)
    assert capsys.readouterr().out.splitlines() == [
        "nothing to do",
        "added 1. buy milk",
        "added 2. rest",
        "done: buy milk",
        "1. [x] buy milk",
        "2. [ ] rest",
        "removed: rest",
    ]


def test_an_error_is_told_with_exit_status_one(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--file", str(path), "done", "7"]) == 1
    assert capsys.readouterr().out == "error: no task 7\n"
