"""What never stands in a log."""

import json
import logging
from typing import Any

import pytest
import structlog
import uvicorn

from agentsite.common import redaction
from agentsite.common.logs import lines_about, logging_config, note
from agentsite.common.redaction import redact


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("postgres://user:hunter2hunter2@db/name", "hunter2"),
        ("Authorization: Bearer abcdef123456", "abcdef123456"),
        ("GET /bot12345678:AAbbccddeeff/getMe", "AAbbccddeeff"),
        ("key sk-abcdefgh12345678 refused", "abcdefgh12345678"),
        ('127.0.0.1 - "WebSocket /ws/builds/1/?after=7&ticket=abcdefabcdef" [accepted]', "abcdefabcdef"),
        ("agt_SECRETsecret is of no use", "SECRETsecret"),
        ("ags_0123456789ab_SECRETsecret", "SECRETsecret"),
        ("agsw_SECRETsecret signs", "SECRETsecret"),
        ("Authorization: Basic dXNlcjpodW50ZXIy", "dXNlcjpodW50ZXIy"),
        ("redis://:p/a:s@sword99@broker:6379/0", "sword99"),
        ("Cookie: sessionid=abcdefghij0123456789abcdefghij01; csrftoken=x", "abcdefghij0123456789"),
        ("AKIAQ7RZ4LXNW2MTV8PD", "Q7RZ4LXNW2MTV8PD"),
        ("pushed with ghp_" + "a1B2" * 9, "a1B2a1B2"),
        ("1234567890:AA" + "Qw-7_" * 6 + "xyz", "Qw-7_Qw"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtZTEyMzQ1Nn0.c2lnbmF0dXJlMTIz", "eyJzdWIiOiJtZTEyMzQ1Nn0"),
        ("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ\n-----END PRIVATE KEY-----", "MC4CAQAwBQ"),
        ("https://hooks.example/x?signature=abcdef1234&b=1", "abcdef1234"),
    ],
)
def test_a_secret_is_replaced(text: str, secret: str) -> None:
    assert secret not in redact(text)


def test_a_secret_deep_in_an_event_is_replaced(capsys: pytest.CaptureFixture[str]) -> None:
    logging_config(level="INFO", sql_echo=False)
    sent = {"headers": [{"Authorization": "SECRETsecret"}, "Bearer SECRETsecret"]}
    structlog.get_logger("tests").warning("sent", given=sent)
    said = capsys.readouterr().err
    assert "headers" in said
    assert "SECRET" not in said
    logging_config(level="WARNING", sql_echo=False)


def test_ordinary_text_stays() -> None:
    assert redact("build 12 of owner finished in 3.2 s") == "build 12 of owner finished in 3.2 s"


def test_what_the_server_says_of_a_socket_goes_through_our_log(capsys: pytest.CaptureFixture[str]) -> None:
    uvicorn.Config("agentsite.asgi:application")  # sets up its own log, as on its command line
    logging_config(level="INFO", sql_echo=False)
    logging.getLogger("uvicorn.error").info('%s - "WebSocket %s" [accepted]', "x", "/ws/builds/1/?ticket=abcdefghij")
    logging.getLogger("uvicorn.access").info("%s", "/ws/builds/1/?ticket=abcdefghij")
    said = capsys.readouterr()
    assert said.err.count("ticket=…") == 2
    assert "abcdefghij" not in said.out + said.err
    logging_config(level="WARNING", sql_echo=False)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Return what was logged since the last time."""
    logging_config(level="WARNING", sql_echo=False)
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_line_carries_what_its_block_is_about_and_the_next_one_does_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logging_config(level="INFO", sql_echo=False, log_format="json")
    log = structlog.get_logger("tests")
    with lines_about(request_id="r"):
        note(user_id=7, build_id=None)
        log.info("inside")
        with lines_about(request_id="inner"):
            log.info("deeper")
        log.info("inside again")
    log.info("outside")
    inside, deeper, again, outside = lines(capsys)
    assert (inside["request_id"], inside["user_id"], "build_id" in inside) == ("r", 7, False)
    assert (deeper["request_id"], again["request_id"]) == ("inner", "r")
    assert not {"request_id", "user_id"} & set(outside)


def test_an_exception_of_which_the_text_is_secret_is_told_without_it(capsys: pytest.CaptureFixture[str]) -> None:
    logging_config(level="INFO", sql_echo=False, log_format="json")
    log = structlog.get_logger("tests")
    try:
        int("redis://:hunter2hunter2@broker/0")
    except ValueError as error:
        log.exception("failed", error=error, given={"api_key": "SECRETsecret", "tokens_input": 12})
        logging.getLogger("foreign").warning("with %s", error, exc_info=True)
    ours, foreign = lines(capsys)
    assert "hunter2" not in json.dumps([ours, foreign])
    assert "SECRET" not in json.dumps(ours)
    assert ours["given"]["tokens_input"] == 12
    assert "Traceback" in ours["exception"]
    assert "Traceback" in foreign["exception"]


def test_pretty_lines_are_for_people_and_keep_secrets_as_well(capsys: pytest.CaptureFixture[str]) -> None:
    logging_config(level="INFO", sql_echo=False, log_format="pretty")
    structlog.get_logger("tests").warning("sent", token="SECRETsecret", url="https://a:hunter2hunter2@b/")
    said = capsys.readouterr().err
    assert "sent" in said
    assert not said.startswith("{")
    assert "SECRET" not in said
    assert "hunter2" not in said
    logging_config(level="WARNING", sql_echo=False)


def test_what_this_installation_keeps_secret_is_hidden_wherever_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_known", ())
    redaction.know(["an ordinary sentence", "postgres://me:p%40ss-w0rd-x@db/name", "short", "one\ntwo lines of it"])
    assert redaction.hide_own("she said an ordinary sentence, short") == "she said …, short"
    assert redaction.hide_own({"p@ss-w0rd-x": ["p%40ss-w0rd-x", 3]}) == {"…": ["…", 3]}
    assert redaction.hide_own("a: two lines of it") == "a: …"
