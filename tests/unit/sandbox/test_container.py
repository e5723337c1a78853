"""The container engine's command line, and the refusal without an engine; no engine was there to try the rest."""

from pathlib import Path

import pytest

from builds.agent.errors import AgentError
from builds.agent.values import SandboxLimits, SandboxRequest
from builds.sandbox.container import ContainerSandbox, Engine, found_engine, lacks

REQUEST = SandboxRequest(argv=("/runtime/bin/python", "-c", "pass"), files={}, limits=SandboxLimits(processes=7))


def command(runtime: str = "") -> list[str]:
    sandbox = ContainerSandbox(Engine("/usr/bin/docker", "image:1", runtime), drivers=Path("/driver"))
    return sandbox.command(REQUEST, Path("/stage/src"), "name")


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the only folder that programs are looked for in."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("SANDBOX_IMAGE", raising=False)
    return tmp_path


def engine_that(folder: Path, script: str, name: str = "docker") -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n", encoding="ascii")
    (folder / name).chmod(0o755)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--network", "none"),
        ("--ipc", "none"),
        ("--cap-drop", "ALL"),
        ("--security-opt", "no-new-privileges"),
        ("--user", "61000:61000"),
        ("--pids-limit", "7"),
        ("--memory", str(1 << 30)),
        ("--memory-swap", str(1 << 30)),
        ("--pull", "never"),
        ("--name", "name"),
        ("--mount", "type=bind,src=/stage/src,dst=/src,readonly"),
    ],
)
def test_a_container_gets_nothing_it_does_not_need(option: str, value: str) -> None:
    assert (option, value) in set(zip(command(), command()[1:], strict=False))
    assert "--read-only" in command()


def test_every_place_that_can_be_written_has_a_size_and_a_number_of_files() -> None:
    places = [word for option, word in zip(command(), command()[1:], strict=False) if option == "--tmpfs"]
    assert {place.split(":")[0] for place in places} == {"/work", "/tmp", "/dev/shm"}
    assert all("size=" in place and "nr_inodes=20000" in place for place in places)


def test_the_command_comes_last_and_ends_by_itself_when_nobody_watches() -> None:
    assert command()[-6:] == ["-c", command()[-5], "65.0", *REQUEST.argv]
    assert "timeout -s KILL" in command()[-5]


def test_gvisor_is_used_where_the_engine_knows_it(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_IMAGE", "image:1")
    engine_that(programs, """echo '{"runc": {}, "runsc": {}}'""")
    assert found_engine() == Engine(str(programs / "docker"), "image:1", "runsc")
    assert ("--runtime", "runsc") in set(zip(command("runsc"), command("runsc")[1:], strict=False))
    assert "--runtime" not in command()


def test_it_says_what_is_missing(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert lacks() == "engine.missing"
    engine_that(programs, "exit 1")
    assert lacks() == "image.missing"
    monkeypatch.setenv("SANDBOX_IMAGE", "image:1")
    assert lacks() == "engine.unreachable"
    with pytest.raises(AgentError) as caught:
        found_engine()
    assert (caught.value.code, caught.value.details["advice"]) == ("sandbox.unavailable", "engine.unreachable")
    engine_that(programs, "echo '{}'", name="podman")
    assert (lacks(), found_engine().program) == ("", str(programs / "podman"))


def test_a_container_that_does_not_start_is_an_error(programs: Path) -> None:
    engine_that(programs, "exit 125")
    with pytest.raises(AgentError) as caught:
        ContainerSandbox(Engine(str(programs / "docker"), "image:1", "")).run(REQUEST)
    assert caught.value.code == "sandbox.start_failed"


def test_a_container_out_of_memory_is_told_from_one_that_failed(programs: Path) -> None:
    engine_that(programs, """case $1 in run) printf '\\006out'; exit 137;; inspect) echo true;; esac""")
    result = ContainerSandbox(Engine(str(programs / "docker"), "image:1", "")).run(REQUEST)
    assert (result.outcome, result.exit_code, result.stdout) == ("memory_limit", None, b"out")
