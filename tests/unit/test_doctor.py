"""What the doctor says of sandboxes."""

from agentsite.management.commands.doctor import sandbox_lines
from builds.sandbox.choose import BackendReport


def test_it_says_which_sandbox_is_used_why_and_what_each_attempt_showed() -> None:
    reports = [
        BackendReport(
            "first", usable=False, reason="selftest.file_hidden", limiter="watchdog", held={"file_hidden": False}
        ),
        BackendReport("second", usable=True, reason="", limiter="cgroup v1", held={"file_hidden": True}),
        BackendReport("third", usable=True, reason=""),
    ]
    assert list(sandbox_lines(reports)) == [
        "first: not usable: selftest.file_hidden",
        "  limited by: watchdog",
        "  self-test file_hidden: ESCAPED",
        "second: used: the first that passed its self-test",
        "  limited by: cgroup v1",
        "  self-test file_hidden: held",
        "third: usable, but one before it is used",
    ]
