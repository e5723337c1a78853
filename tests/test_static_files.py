"""Static files are collected when they changed, and only then."""

import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders, storage
from django.contrib.staticfiles.management.commands import collectstatic
from django.utils.functional import empty

from agentsite import static_files


@pytest.fixture
def source(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "page.css").write_text("body { color: black }")
    settings.STATICFILES_DIRS = [folder]
    settings.STATIC_ROOT = tmp_path / "collected"
    monkeypatch.setattr(static_files, "get_finders", lambda: [finders.FileSystemFinder()])
    monkeypatch.setattr(collectstatic, "get_finders", lambda: [finders.FileSystemFinder()])
    monkeypatch.setattr(storage.staticfiles_storage, "_wrapped", empty)  # it was made for the folder before
    return folder


def served(settings: Any) -> Path:
    return Path(settings.STATIC_ROOT / "page.css")


def test_what_did_not_change_is_left_alone(source: Path, settings: Any) -> None:
    static_files.collect()
    served(settings).write_text("untouched")
    static_files.collect()
    assert served(settings).read_text() == "untouched"


def test_what_changed_is_collected_again(source: Path, settings: Any) -> None:
    static_files.collect()
    (source / "page.css").write_text("body { color: white }")
    os.utime(source / "page.css", (time.time() + 10, time.time() + 10))
    static_files.collect()
    assert "white" in served(settings).read_text()


def test_what_was_removed_is_collected_again(source: Path, settings: Any) -> None:
    static_files.collect()
    shutil.rmtree(settings.STATIC_ROOT)
    static_files.collect()
    assert "black" in served(settings).read_text()
