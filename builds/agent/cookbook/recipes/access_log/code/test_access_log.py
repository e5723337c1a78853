from datetime import UTC, datetime

import pytest

from access_log import LogEntry, analyse_log, parse_line

LINE = '192.0.2.1 - ann [01/Mar/2024:12:30:00 +0000] "GET /index.html HTTP/1.1" 200 512'


def line(host: str, path: str, status: int, size: str) -> str:
    return f'{host} - - [01/Mar/2024:12:30:00 +0000] "GET {path}" {status} {size}'


LOG = [
    line("a", "/", 200, "100"),
    line("a", "/x", 404, "50"),
    line("b", "/", 200, "-"),
    line("c", "/y", 500, "7"),
    "",
    "broken",
]


def test_a_line_is_read() -> None:
    assert parse_line(LINE) == LogEntry(
        host="192.0.2.1",
        time=datetime(2024, 3, 1, 12, 30, tzinfo=UTC),
        method="GET",
        path="/index.html",
        status=200,
        size=512,
    )


def test_the_rest_of_the_combined_format_is_ignored() -> None:
    assert parse_line(f'{LINE} "https://example.org/" "Browser 1"').size == 512


def test_a_missing_size_is_zero() -> None:
    assert parse_line(line("a", "/", 304, "-")).size == 0
    assert parse_line(line("a", "/", 304, "-")).status == 304


@pytest.mark.parametrize(
    "text", ["", "hello", LINE[:40], LINE.replace("Mar", "Foo"), LINE[:-4]]
)
def test_other_lines_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"Common Log Format|does not match"):
        parse_line(text)


def test_requests_errors_and_bytes_are_counted() -> None:
    summary = analyse_log(LOG)
    assert (summary.requests, summary.errors, summary.total_bytes) == (4, 2, 157)


def test_lines_that_cannot_be_read_are_counted() -> None:
    assert analyse_log(LOG).skipped == 1


def test_statuses_are_counted() -> None:
    assert analyse_log(LOG).by_status == {200: 2, 404: 1, 500: 1}


def test_the_most_requested_paths_come_first() -> None:
    assert analyse_log(LOG, top=2).top_paths == [("/", 2), ("/x", 1)]


def test_the_busiest_hosts_come_first() -> None:
    assert analyse_log(LOG).top_hosts == [("a", 2), ("b", 1), ("c", 1)]


def test_an_empty_log_has_no_requests() -> None:
    summary = analyse_log([])
    assert (summary.requests, summary.by_status, summary.top_paths) == (0, {}, [])
