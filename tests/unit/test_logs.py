"""What never stands in a log."""

import logging

import pytest
import structlog
import uvicorn

from agentsite.common.logs import logging_config, redact


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
