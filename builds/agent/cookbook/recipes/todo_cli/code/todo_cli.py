"""A to-do list for the command line, kept in a JSON file."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass
class Task:
    """One thing to do."""

    title: str
    done: bool = False


class TodoList:
    """Tasks in a JSON file; each change is saved at once."""

    def __init__(self, path: Path | str) -> None:
        self._path = Path(path)
        self.tasks: list[Task] = []
        if self._path.exists():
            stored = json.loads(self._path.read_text(encoding="utf-8"))
            self.tasks = [Task(**task) for task in stored]

    def add(self, title: str) -> int:
        """Add a task and return its number, counted from 1.

        :raises ValueError: the title is empty.
        """
        if not title.strip():
            raise ValueError("a task needs a title")
        self.tasks.append(Task(title.strip()))
        self._save()
        return len(self.tasks)

    def complete(self, number: int) -> Task:
        """Mark a task as done and return it.

        :raises ValueError: there is no task with this number.
        """
        task = self._task(number)
        task.done = True
        self._save()
        return task

    def remove(self, number: int) -> Task:
        """Delete a task and return it; later tasks move up.

        :raises ValueError: there is no task with this number.
        """
        task = self._task(number)
        del self.tasks[number - 1]
        self._save()
        return task

    def lines(self) -> list[str]:
        """Write the tasks as numbered lines with a box each."""
        return [
            f"{number}. [{'x' if task.done else ' '}] {task.title}"
            for number, task in enumerate(self.tasks, start=1)
        ]

    def _task(self, number: int) -> Task:
        if not 1 <= number <= len(self.tasks):
            raise ValueError(f"no task {number}")
        return self.tasks[number - 1]

    def _save(self) -> None:
        text = json.dumps([asdict(task) for task in self.tasks], ensure_ascii=False)
        self._path.write_text(text, encoding="utf-8")


def build_parser() -> argparse.ArgumentParser:
    """Describe the command line: add, list, done and remove."""
    parser = argparse.ArgumentParser(prog="todo", description="Keep a to-do list.")
    parser.add_argument("--file", default="todo.json", help="where tasks are kept")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("add", help="add a task").add_argument("title", nargs="+")
    commands.add_parser("list", help="show the tasks")
    for name, text in (("done", "mark a task as done"), ("remove", "delete a task")):
        commands.add_parser(name, help=text).add_argument("number", type=int)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status: 0, or 1 after an error."""
    options = build_parser().parse_args(arguments)
    todo = TodoList(options.file)
    try:
        print(_run(todo, options))
    except ValueError as error:
        print(f"error: {error}")
        return 1
    return 0


def _run(todo: TodoList, options: argparse.Namespace) -> str:
    if options.command == "add":
        title = " ".join(options.title)
        return f"added {todo.add(title)}. {title}"
    if options.command == "done":
        return f"done: {todo.complete(options.number).title}"
    if options.command == "remove":
        return f"removed: {todo.remove(options.number).title}"
    return "\n".join(todo.lines()) or "nothing to do"
