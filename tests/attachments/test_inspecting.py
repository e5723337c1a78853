"""What a file is stands in its content, and hostile ones are refused before anything of them is decoded."""

import subprocess
import sys
from pathlib import Path

import pytest

from agentsite.common.errors import AppError
from memory.attachments.inspecting import inspect
from tests.attachments import hostile, samples

ROOT = Path(__file__).resolve().parents[2]
HONEST = samples.honest()
SAMPLED = ["overlapping members", "ten gigabytes of zeros in gzip"]
OTHERS = [name for name in hostile.BOMBS if name not in SAMPLED]
MEASURED = """
import resource, sys, time
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
import django
django.setup()
from agentsite.common.errors import AppError
from memory.attachments.inspecting import inspect
content = sys.stdin.buffer.read()
before, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
try:
    inspect(content)
except AppError as error:
    print(error.code, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, time.perf_counter() - begun)
"""


@pytest.mark.parametrize("name", HONEST)
def test_what_a_file_is_stands_in_its_content(name: str) -> None:
    content, family, media_type = HONEST[name]
    found = inspect(content, "evil.exe")
    assert (found.family, found.media_type) == (family, media_type)


def test_headers_say_how_large_and_how_long_a_file_is() -> None:
    assert {**inspect(samples.png(30, 20)).facts} == {"width": 30, "height": 20, "bits": 8, "mode": "grey"}
    for made in (samples.jpeg, samples.gif, samples.webp, samples.bmp, samples.tiff):
        facts = inspect(made(7, 5) if made is not samples.bmp else made(7, 1)).facts
        assert facts["width"] == 7
    assert inspect(samples.ogg()).facts == {"codec": "opus", "duration": 2.0}
    assert inspect(samples.m4a()).facts["duration"] == 2.5
    assert inspect(samples.flac()).facts["duration"] == 3.0
    assert inspect(samples.wav(2)).facts["duration"] == 2.0
    assert inspect(samples.mp3()).facts["duration"] == 0.1
    facts = inspect(samples.zipped(samples.TREE)).facts
    assert (facts["members"], facts["names"]) == (2, ["tool/main.py", "tool/README.md"])
    assert inspect(samples.tarred(samples.TREE, packing="gz")).facts["members"] == 3


@pytest.mark.parametrize("name", hostile.REFUSED)
def test_what_nobody_sends_in_good_faith_is_refused(name: str) -> None:
    make, code = hostile.REFUSED[name]
    with pytest.raises(AppError) as refused:
        inspect(make(), "photo.png")
    assert refused.value.code == f"attachment.{code}"
    assert refused.value.message
    assert refused.value.hint


def test_what_is_too_large_is_refused_by_its_length() -> None:
    with pytest.raises(AppError, match=r"attachment\.too_large"):
        inspect(bytes(1001), most=1000)


@pytest.mark.parametrize("name", SAMPLED + [pytest.param(name, marks=pytest.mark.thorough) for name in OTHERS])
def test_ten_gigabytes_in_ten_megabytes_are_refused_within_bounds(name: str) -> None:
    content = hostile.BOMBS[name]()
    assert len(content) < 12 << 20
    refused_within_bounds(content)


def refused_within_bounds(content: bytes) -> None:
    """Judge it in a process of its own, whose memory is limited and measured."""
    environment = {"DJANGO_SETTINGS_MODULE": "tests.settings", "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-c", MEASURED]
    done = subprocess.run(command, input=content, capture_output=True, cwd=ROOT, env=environment, check=True)
    code, kibibytes, seconds = done.stdout.decode().split()
    assert code == "attachment.archive_bomb"
    assert int(kibibytes) < 8 << 10
    assert float(seconds) < 2
