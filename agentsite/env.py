"""Every setting that comes from the environment, in one table, and how one is read.

README's table is compared with this one by a test. A wrong value stops the start with one line that names it.
"""

import contextlib
import os
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import environ
from django.utils.translation import gettext_noop as _

from agentsite.setting_kinds import Budget, Choice, Flag, Intake, Kind, Line, Money, Numbers, Whole

T = TypeVar("T")
_LINE = Line()

BASE_DIR = Path(__file__).resolve().parent.parent
environ.Env.read_env(BASE_DIR / ".env")


class SettingError(SystemExit):
    """Stop the start with one line that names the setting."""


@dataclass(frozen=True)
class Setting:
    """One name in the environment."""

    name: str
    default: str
    meaning: str
    kind: Kind[Any] = _LINE
    """How ``value`` reads it."""
    is_secret: bool = False


TABLE: tuple[Setting, ...] = (
    Setting("AGENTSITE_DATA_DIR", "data", "Where everything that must survive is kept."),
    Setting("PORT", "8000", "Port of the web server."),
    Setting("HOST", "127.0.0.1", "Address the web server listens on."),
    Setting("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]", "Host names under which the site may be reached."),
    Setting("SITE_URL", "", "Where people reach the site, e.g. https://example.org, for links in chats; unset: none."),
    Setting("CSRF_TRUSTED_ORIGINS", "", "Origins (with scheme) that may post forms and open sockets, behind a proxy."),
    Setting("HTTPS", "false", "The site is reached over HTTPS: secure cookies, HSTS."),
    Setting("DEBUG", "false", "Django's debug pages; never in production."),
    Setting("DJANGO_SECRET_KEY", "", "Signs sessions; made in the data directory when not given.", is_secret=True),
    Setting("AGENTSITE_ADMIN_PASSWORD", "", "Password of the first operator account.", is_secret=True),
    Setting(
        "AGENTSITE_SIGNUP",
        "invitation",
        _("Who may make an account: open (everybody), invitation, or closed."),
        Choice(("open", "invitation", "closed")),
    ),
    Setting(
        "SUBMISSIONS",
        "open",
        _("Whether builds, messages to the agent and analyses are taken in: open, or paused: and why."),
        Intake(),
    ),
    Setting(
        "ACCOUNT_API_QUOTA_DAILY", "1000", _("API calls a day of accounts made from now on."), Whole(most=1_000_000_000)
    ),
    Setting(
        "ACCOUNT_STORAGE_QUOTA_MB", "500", _("Storage in MB of accounts made from now on."), Whole(most=1_000_000_000)
    ),
    Setting(
        "ACCOUNT_BUDGET_USD_MONTHLY",
        "",
        _("Monthly budget in US dollars of accounts made from now on; unset: no limit."),
        Budget(),
    ),
    Setting("GUEST_API_QUOTA_DAILY", "20", _("API calls a day of guests."), Whole(most=1_000_000_000)),
    Setting("GUEST_STORAGE_QUOTA_MB", "20", _("Storage in MB of guests."), Whole(most=1_000_000_000)),
    Setting("GUEST_BUDGET_USD_MONTHLY", "1", _("Monthly budget in US dollars of guests; unset: no limit."), Budget()),
    Setting("GUEST_BUILDS_DAILY", "5", _("How many builds a guest may begin on a day (UTC)."), Whole(most=1_000)),
    Setting("EMAIL_URL", "consolemail://", "Mail server, e.g. smtp+tls://user:password@host:587.", is_secret=True),
    Setting("EMAIL_FROM", "Agentsite <agentsite@localhost>", "Sender of the site's e-mail."),
    Setting("TRUSTED_PROXIES", "0", "How many proxies in front tell the caller's address."),
    Setting("DATABASE_URL", "", "PostgreSQL, e.g. postgres://user:password@host/name; unset: SQLite.", is_secret=True),
    Setting(
        "DATABASE_WEB_PASSWORD",
        "",
        "For manage.py prepare: lets web processes log in as NAME_web, which sees only what a request may see.",
        is_secret=True,
    ),
    Setting("DB_POOL_SIZE", "5", "Connections each process keeps open to PostgreSQL."),
    Setting("DB_MAX_OVERFLOW", "10", "Connections a process may open beyond that; never fewer than its builds need."),
    Setting("DB_PREPARE", "true", "Plan frequent statements once a connection; false behind a pooler of transactions."),
    Setting("WEB_THREADS", "4", "Requests a web process works on at once in threads that keep their connections."),
    Setting("SQL_ECHO", "false", "Log every SQL statement."),
    Setting("REDIS_URL", "", "Broker, cache and channel layer; unset: in process.", is_secret=True),
    Setting("CHROMA_URL", "", "Chroma server, e.g. http://chroma:8000; unset: embedded, on disk."),
    Setting("CHROMA_DATA_DIR", "", "Where embedded Chroma keeps its files; unset: chroma/ in the data directory."),
    Setting(
        "EMBEDDER",
        "hashing",
        "What makes vectors of texts: hashing, minilm:directory, ollama:model or openai:model; docs/memory.md.",
    ),
    Setting("EMBEDDER_SHA256", "", "Hash that the model.safetensors of minilm must have; unset: any."),
    Setting(
        "AGENT_MODEL", "", _("provider:name, provider one of ollama, openai, anthropic, cookbook; unset: found."), _LINE
    ),
    Setting("AGENT_MAX_REPAIRS", "3", _("How often the agent may repair failing tests."), Whole(most=20)),
    Setting(
        "AGENT_BUILD_SECONDS",
        "1800",
        _("Longest time workers may spend on one build; waiting is not counted."),
        Whole(10, 86_400),
    ),
    Setting("AGENT_NODE_SECONDS", "900", _("Longest time for one step of a build."), Whole(10, 86_400)),
    Setting(
        "AGENT_PROVIDER_WAIT_SECONDS",
        "3600",
        _("Longest wait for an overloaded or absent provider; 0: fail at once."),
        Whole(most=604_800),
    ),
    Setting(
        "AGENT_INPUT_GUARD",
        "allow",
        _("Personal data and secrets in requests: allow, redact, or block."),
        Choice(("allow", "redact", "block")),
    ),
    Setting(
        "APPROVAL_HOURS",
        "24",
        _("How long the agent's proposals wait for an answer before they expire."),
        Whole(1, 8_760),
    ),
    Setting(
        "APPROVAL_RULE",
        "never",
        _("What everybody is asked before at least: always, above, deployments or never."),
        Choice(("always", "above", "deployments", "never")),
    ),
    Setting("APPROVAL_RULE_ABOVE_USD", "0", _("With above: from which cost in US dollars on."), Money()),
    Setting("ATTACHMENT_MAX_MB", "20", _("How many MB a file that belongs to a message may have."), Whole(1, 20)),
    Setting(
        "EVENT_RETENTION_DAYS",
        "90",
        _("How long the steps of builds that ended are kept; 0: for ever."),
        Whole(most=36_500),
    ),
    Setting(
        "MESSAGE_RETENTION_DAYS",
        "365",
        _("How long messages are kept of people who chose nothing else."),
        Whole(1, 36_500),
    ),
    Setting(
        "MESSAGE_RETENTION_MAX_DAYS", "3650", _("How long people may choose to keep them at most."), Whole(1, 36_500)
    ),
    Setting(
        "AUDIT_SIGNING_KEY",
        "",
        "Signs the seals of the audit log; made in the data directory when not given; docs/audit.md.",
        is_secret=True,
    ),
    Setting("AUDIT_PUBLIC_KEYS", "", "Public keys of seals from before, as manage.py audit_key prints, with commas."),
    Setting(
        "AUDIT_ANCHOR_FILE", "", "Where each seal's hash is told; unset: audit-anchors.jsonl in the data directory."
    ),
    Setting("AUDIT_ANCHOR_URL", "", "Address that each seal's hash is posted to as JSON; unset: none."),
    Setting("AUDIT_ANCHOR_TOKEN", "", "What it is shown as a bearer token.", is_secret=True),
    Setting("AUDIT_COPY_FILE", "", "Where sealed entries are copied to as JSON lines; unset: nowhere."),
    Setting("AGENT_CONCURRENCY", "2", "Builds one worker process runs side by side."),
    Setting("AGENT_USER_CONCURRENCY", "2", _("Builds of one user that run side by side."), Whole(1, 64)),
    Setting("OLLAMA_BASE_URL", "http://127.0.0.1:11434", "Where Ollama answers."),
    Setting("OPENAI_BASE_URL", "", "A server that speaks OpenAI's protocol; unset: OpenAI itself."),
    Setting("OPENAI_API_KEY", "", "Key for it.", is_secret=True),
    Setting("ANTHROPIC_API_KEY", "", "Key for Anthropic.", is_secret=True),
    Setting(
        "TRANSCRIPTION_BASE_URL",
        "",
        "Server that writes voice notes down, in OpenAI's way, e.g. https://api.openai.com/v1; unset: none.",
    ),
    Setting("TRANSCRIPTION_API_KEY", "", "Key for it.", is_secret=True),
    Setting("TRANSCRIPTION_MODEL", "whisper-1", "Which of its models listens."),
    Setting("TRANSCRIPTION_USD_PER_MINUTE", "", "What a minute costs in US dollars; unset: nobody can say.", Budget()),
    Setting("MODEL_FIRST_TOKEN_SECONDS", "120", "Longest wait for a model's first word."),
    Setting("MODEL_IDLE_SECONDS", "60", "Longest silence in the middle of an answer."),
    Setting("MODEL_TOTAL_SECONDS", "600", "Longest time for one answer."),
    Setting("SANDBOX_WALL_SECONDS", "60", "Longest time one run in the sandbox may take, at most 120."),
    Setting("SANDBOX_URL", "", "Where a sandbox-runner runs all code, e.g. http://sandbox-runner:8070; unset: here."),
    Setting("SANDBOX_TOKEN", "", "What the sandbox-runner and its workers share.", is_secret=True),
    Setting("SANDBOX_RUNTIME_DIR", "", "Virtual environment that tests run in; unset: .runtime/ beside the code."),
    Setting("SANDBOX_REQUIRE_CGROUP", "", "1: run no code unless the kernel itself limits each sandbox as a whole."),
    Setting("SANDBOX_CGROUP", "", "Folder of a delegated version 2 control group; unset: this server's own."),
    Setting("SANDBOX_IMAGE", "", "Container image for builds, where bubblewrap can't work; see docs/security.md."),
    Setting("PROMETHEUS_ENABLED", "false", "Answer at /metrics, to operators and to whoever has the token."),
    Setting("PROMETHEUS_TOKEN", "", "What Prometheus shows there as a bearer token.", is_secret=True),
    Setting(
        "PROMETHEUS_MULTIPROC_DIR",
        "",
        "Folder processes count in together; unset: metrics/ in the data directory.",
    ),
    Setting("PROMETHEUS_PORT", "0", "Port where a worker or bot tells its own metrics; 0: none; docs/operations.md."),
    Setting("PROMETHEUS_HOST", "127.0.0.1", "Address that it listens on there."),
    Setting("OTEL_EXPORTER_OTLP_ENDPOINT", "", "Where traces go by HTTP, e.g. http://collector:4318; unset: nowhere."),
    Setting("OTEL_EXPORTER_OTLP_HEADERS", "", "Headers sent along with them: name=value, with commas.", is_secret=True),
    Setting(
        "WEBHOOK_ALLOWED_HOSTS",
        "",
        "host or host:port, with commas: webhooks may call these though private or over HTTP.",
    ),
    Setting(
        "DEPLOYMENT_ALLOWED_HOSTS",
        "",
        "host or host:port, with commas: deployments may push to these though private or over HTTP.",
    ),
    Setting("DEPLOYMENT_WAIT_SECONDS", "300", "How long a deployment waits for a remote that is away."),
    Setting("TELEGRAM_BOT_TOKEN", "", "Token of the Telegram bot; unset: there is none.", is_secret=True),
    Setting("TELEGRAM_API_BASE_URL", "https://api.telegram.org", "Where the Bot API answers."),
    Setting("TELEGRAM_WEBHOOK", "false", "Let Telegram call this site at SITE_URL, instead of asking it for news."),
    Setting("ADMIN_TELEGRAM_IDS", "", "Numbers of the Telegram users who may use /admin, with commas."),
    Setting("LOG_LEVEL", "INFO", "DEBUG, INFO, WARNING or ERROR."),
    Setting("LOG_FORMAT", "auto", "Lines of the log: json, pretty, or auto (pretty in a terminal)."),
)
_BY_NAME = {setting.name: setting for setting in TABLE}


def text(name: str) -> str:
    """Return a setting; ``NAME_FILE`` names a file to read it from instead."""
    setting = _BY_NAME[name]
    file = os.environ.get(f"{name}_FILE")
    if not file:
        return os.environ.get(name, "").strip() or setting.default
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise SettingError(f"{name}_FILE: cannot read {file}: {reason}") from None


def value(name: str) -> Any:
    """Return a setting read as its kind says."""
    return _parsed(name, _BY_NAME[name].kind)


def _parsed(name: str, kind: Kind[T]) -> T:
    try:
        return kind.read(text(name))
    except ValueError:
        shown = "…" if _BY_NAME[name].is_secret else repr(text(name))
        raise SettingError(f"{name}={shown} is wrong: {kind.wanted % kind.bounds}") from None


def integer(name: str, *, least: int = 0, most: int = 1_000_000) -> int:
    """Return a whole number within bounds."""
    return _parsed(name, Whole(least, most))


def amount(name: str) -> Decimal:
    """Return an amount of money that is not negative."""
    return _parsed(name, Money())


def flag(name: str) -> bool:
    """Return a yes or no."""
    return _parsed(name, Flag())


def words(name: str) -> list[str]:
    """Return a list separated by commas."""
    return [word.strip() for word in text(name).split(",") if word.strip()]


def numbers(name: str) -> list[int]:
    """Return a list of whole numbers separated by commas."""
    return _parsed(name, Numbers())


def one_of(name: str, choices: tuple[str, ...]) -> str:
    """Return one of the given words."""
    return _parsed(name, Choice(choices))


def is_address(url: str, schemes: set[str]) -> bool:
    """Say whether an address can be read and has one of the schemes."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    return parts.scheme in schemes and port != 0


def data_dir() -> Path:
    """Return the data directory, made if it was not there."""
    path = Path(text("AGENTSITE_DATA_DIR"))
    path = path if path.is_absolute() else BASE_DIR / path
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingError(f"AGENTSITE_DATA_DIR: cannot make {path}: {error.strerror}") from None
    return path


def folder(name: str, otherwise: Path) -> Path:
    """Return a folder that this process can write in, made if it was not there."""
    path = BASE_DIR / text(name) if text(name) else otherwise
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingError(f"{name}: cannot make {path}: {error.strerror}") from None
    if not os.access(path, os.W_OK):
        raise SettingError(f"{name}: cannot write in {path}: give a folder of this process's own")
    return path


def secret_key(name: str, file_name: str) -> str:
    """Return a secret from the environment or from the data directory, where it is made once with mode 0600."""
    given = text(name)
    if given:
        return given
    path = data_dir() / file_name
    if not path.exists():
        _make_secret(path)
    secret = path.read_text(encoding="ascii").strip()
    if not secret:
        raise SettingError(f"{name}: {path} is empty: remove it, a new one is made")
    return secret


def _make_secret(path: Path) -> None:
    """Write a new secret aside and link it into place, so that it is there whole or not at all."""
    aside = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48))
    with contextlib.suppress(FileExistsError):
        os.link(aside, path)
    aside.unlink()


def given_secrets() -> list[str]:
    """Return the value of every secret that is set."""
    return [value for setting in TABLE if setting.is_secret and (value := text(setting.name))]


def setting(name: str) -> Setting:
    """Return a row of the table."""
    return _BY_NAME[name]


def as_markdown(changeable: Collection[str]) -> str:
    """Return the table as it stands in the README.

    :param changeable: names of those that can change while everything runs.
    """
    rows = [
        f"| `{s.name}` | {f'`{s.default}`' if s.default else ''} | {s.meaning} | {'yes' * (s.name in changeable)} |"
        for s in TABLE
    ]
    return "\n".join(["| name | default | meaning | changes at run time |", "|---|---|---|---|", *rows])
