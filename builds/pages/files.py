"""The Files tab: a tree and one file of an attempt."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from builds.models.build import Build
from builds.models.files import BuildFile
from builds.pages import highlight


@dataclass(frozen=True)
class TreeRow:
    """A folder or a file; ``level`` counts the folders around it, ``path`` is empty for a folder."""

    name: str
    level: int
    path: str = ""
    is_test: bool = False
    is_selected: bool = False


@dataclass(frozen=True)
class ShownFile:
    """The file on the right."""

    path: str
    size: int
    lines: int
    html: SafeString
    is_cut: bool


@dataclass(frozen=True)
class FilesPanel:
    """One attempt's files; ``attempt`` is 0 while there is none."""

    attempts: tuple[int, ...]
    attempt: int
    tree: tuple[TreeRow, ...]
    shown: ShownFile | None

    @property
    def total(self) -> int:
        """Return how many files there are."""
        return sum(bool(row.path) for row in self.tree)


def files_panel(build: Build, attempts: Sequence[int], files: Sequence[BuildFile], path: str) -> FilesPanel:
    """Lay out an attempt's files, given ordered by path; without a wanted path the main source is shown."""
    shown = next((file for file in files if file.path == path), None) or _main(build, files)
    return FilesPanel(
        attempts=tuple(attempts),
        attempt=files[0].attempt if files else 0,
        tree=tuple(_tree(files, shown.path if shown else "")),
        shown=_shown(shown) if shown else None,
    )


def _main(build: Build, files: Sequence[BuildFile]) -> BuildFile | None:
    sources = [file for file in files if not file.is_test and file.path != "README.md"]
    same = [file for file in sources if build.generated_code and file.blob.text == build.generated_code]
    return next(iter([*same, *sources, *files]), None)


def _tree(files: Sequence[BuildFile], selected: str) -> Iterator[TreeRow]:
    open_folders: list[str] = []
    for file in sorted(files, key=lambda each: ("/" not in each.path, each.path)):
        *folders, name = file.path.split("/")
        for level, folder in enumerate(folders):
            if open_folders[: level + 1] != folders[: level + 1]:
                yield TreeRow(folder, level)
                open_folders = folders[: level + 1]
        open_folders = folders
        yield TreeRow(name, len(folders), file.path, is_test=file.is_test, is_selected=file.path == selected)


def _shown(file: BuildFile) -> ShownFile:
    text = file.blob.text
    return ShownFile(
        path=file.path,
        size=file.size,
        lines=text.count("\n") + (not text.endswith("\n")),
        html=highlight.highlighted(file.path, text),
        is_cut=highlight.is_cut(text),
    )
