"""Runs inside the sandbox: starts the tests in a child process, listens to it, and alone writes the record.

The child is forked before the nonce and the options are read, so foreign code, which runs in the child only, can find
neither the nonce nor what the run is for, and can't reach this process's output.
"""

import json
import os
import secrets
import sys

DRIVERS = "/driver"


def main() -> None:
    """Fork, then read the nonce, then listen."""
    report_read, report_write = os.pipe()
    output_read, output_write = os.pipe()
    orders_read, orders_write = os.pipe()
    sys.path.insert(0, DRIVERS)
    pid = os.fork()
    if pid == 0:
        for descriptor in (report_read, output_read, orders_write):
            os.close(descriptor)
        redirect(output_write)
        import pytest_child

        pytest_child.run(report_write, orders_read)
        os._exit(70)
    for descriptor in (report_write, output_write, orders_read):
        os.close(descriptor)
    import pytest_listener
    from listener import emit

    options = json.load(sys.stdin)
    token = secrets.token_hex(16)
    ear = pytest_listener.PytestListener(pid, token.encode(), report_read, output_read, orders_write, options)
    ear.order({"token": token, "code": options["code"], "python": options["python"]})
    code = os.waitstatus_to_exitcode(ear.listen())
    emit({"record": ear.record(code, options["nonce"])})
    os._exit(0)


def redirect(output: int) -> None:
    """Cut the child off from this process's own input and output."""
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)


if __name__ == "__main__":
    main()
