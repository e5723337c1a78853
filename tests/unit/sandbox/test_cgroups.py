"""Finding control groups and setting limits, with folders that look like the kernel's."""

from pathlib import Path

import pytest

from builds.agent.values import SandboxLimits
from builds.sandbox import cgroups
from builds.sandbox.cgroups import Group, Hierarchy
from builds.sandbox.choose import probe_sandboxes

LIMITS = SandboxLimits(memory_bytes=1000, processes=5)
VERSION_1 = ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "memory.oom_control", "pids.max")
VERSION_2 = ("memory.max", "memory.swap.max", "memory.events", "pids.max")


def with_files(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()
    return folder


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}


def test_version_1_limits_memory_with_swap_and_processes(tmp_path: Path) -> None:
    Group(1, (with_files(tmp_path, *VERSION_1),)).limit(LIMITS)
    assert contents(tmp_path) == {
        "memory.limit_in_bytes": "1000",
        "memory.memsw.limit_in_bytes": "1000",
        "memory.oom_control": "",
        "pids.max": "13",
    }


def test_version_2_limits_memory_and_forbids_swap(tmp_path: Path) -> None:
    Group(2, (with_files(tmp_path, *VERSION_2),)).limit(LIMITS)
    assert contents(tmp_path) == {"memory.max": "1000", "memory.swap.max": "0", "memory.events": "", "pids.max": "13"}


def test_a_limit_that_the_kernel_does_not_know_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="memory"):
        Group(2, (tmp_path,)).limit(LIMITS)


@pytest.mark.parametrize(("version", "file"), [(1, "memory.oom_control"), (2, "memory.events")])
def test_a_kill_by_the_kernel_is_noticed(tmp_path: Path, version: int, file: str) -> None:
    group = Group(1 if version == 1 else 2, (tmp_path,))
    assert not group.has_run_out_of_memory()
    (tmp_path / file).write_text("oom_kill_disable 0\nunder_oom 0\noom_kill 0\n")
    assert not group.has_run_out_of_memory()
    (tmp_path / file).write_text("oom_kill_disable 0\nunder_oom 0\noom_kill 2\n")
    assert group.has_run_out_of_memory()


def test_version_1_stays_below_the_servers_own_group(tmp_path: Path) -> None:
    own = with_files(tmp_path / "memory" / "service")
    mounts = f"cgroup {tmp_path}/memory cgroup rw,memory 0 0\ncgroup {tmp_path}/pids cgroup rw,nosuid,pids 0 0\n"
    with_files(tmp_path / "pids")
    found = cgroups._version_1("3:pids:/service\n2:memory:/service\n1:name=systemd:/x\n0::/\n", mounts)
    assert found == Hierarchy(1, (own, tmp_path / "pids"))  # the second shows only its own root, as in a container


def test_version_1_without_a_memory_controller_is_none(tmp_path: Path) -> None:
    assert cgroups._version_1("3:pids:/\n", f"cgroup {tmp_path} cgroup rw,pids 0 0\n") is None


def test_version_2_is_used_where_it_was_delegated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_CGROUP", str(with_files(tmp_path, "cgroup.subtree_control")))
    (tmp_path / "cgroup.controllers").write_text("cpu memory pids\n")
    assert cgroups._version_2("0::/x\n") == Hierarchy(2, (tmp_path,))
    assert (tmp_path / "cgroup.subtree_control").read_text() == "+memory +pids"
    (tmp_path / "cgroup.controllers").write_text("hugetlb\n")
    assert cgroups._version_2("0::/x\n") is None


def test_without_groups_an_operator_who_wants_them_gets_no_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builds.sandbox.choose.limiter", lambda: "watchdog")
    monkeypatch.setenv("SANDBOX_REQUIRE_CGROUP", "1")
    reasons = {report.reason for report in probe_sandboxes() if report.name.startswith("bubblewrap")}
    assert reasons == {"cgroup.missing", "user.unsuitable"}
