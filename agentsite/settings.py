"""Django's settings, read from the environment (``agentsite.env``)."""

import os
import re
from typing import Any
from urllib.parse import urlsplit

import django_stubs_ext
import environ

from agentsite import env
from agentsite.api_document import API_DOCUMENT
from agentsite.common import redaction
from agentsite.common.logs import FORMATS, logging_config
from agentsite.console.theme import UNFOLD as CONSOLE_THEME

django_stubs_ext.monkeypatch()  # lets Django's generic classes be subscripted where they are subclassed

os.environ.update(LANGSMITH_TRACING="false", LANGCHAIN_TRACING_V2="false")  # no copy of a prompt goes to a third party
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # on a busy machine more would wait for each other

BASE_DIR = env.BASE_DIR
DATA_DIR = env.data_dir()
SECRET_KEY = env.secret_key("DJANGO_SECRET_KEY", "secret-key")
DEBUG = env.flag("DEBUG")
HTTPS = env.flag("HTTPS")
HOST = env.text("HOST")
PORT = env.integer("PORT", least=1, most=65535)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "agentsite.apps.AgentsiteConfig",
    "agentsite.accounts",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "audit",
    "memory",
    "builds",
    "telegram_link",
    "unfold.apps.BasicAppConfig",
    "agentsite.console.apps.ConsoleConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "django_celery_results",
]
MIDDLEWARE = [
    "agentsite.measured_requests.BeforeMiddleware",
    "agentsite.common.requests.RequestIdMiddleware",
    "agentsite.measured_requests.TraceMiddleware",
    "agentsite.health.views.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "agentsite.wall.ActorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "agentsite.accounts.throttling.RateLimitMiddleware",
    "agentsite.measured_requests.AfterMiddleware",
]
ROOT_URLCONF = "agentsite.urls"
ASGI_APPLICATION = "agentsite.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "builds.pages.connected_model",
                "builds.pages.approvals.waiting_approvals",
                "agentsite.accounts.adapters.site_is_open",
                "agentsite.accounts.runtime.pausing.submissions",
            ],
        },
    },
]

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "builds:start"
LOGOUT_REDIRECT_URL = ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
SIGNUP = env.value("AGENTSITE_SIGNUP")
SUBMISSIONS = env.value("SUBMISSIONS")
GUEST_API_QUOTA_DAILY, GUEST_BUILDS_DAILY = env.value("GUEST_API_QUOTA_DAILY"), env.value("GUEST_BUILDS_DAILY")
GUEST_STORAGE_QUOTA_MB = env.value("GUEST_STORAGE_QUOTA_MB")
GUEST_BUDGET_USD_MONTHLY = env.value("GUEST_BUDGET_USD_MONTHLY")
ACCOUNT_API_QUOTA_DAILY = env.value("ACCOUNT_API_QUOTA_DAILY")
ACCOUNT_STORAGE_QUOTA_MB = env.value("ACCOUNT_STORAGE_QUOTA_MB")
ACCOUNT_BUDGET_USD_MONTHLY = env.value("ACCOUNT_BUDGET_USD_MONTHLY")
ACCOUNT_ADAPTER = "agentsite.accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_USERNAME_MIN_LENGTH = 2
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_NOTIFICATIONS = ACCOUNT_CHANGE_EMAIL = ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Agentsite] "
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
ACCOUNT_SESSION_REMEMBER = True
USERSESSIONS_ADAPTER = "agentsite.accounts.adapters.SessionsAdapter"
MFA_ADAPTER = "agentsite.accounts.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Agentsite"
ALLAUTH_TRUSTED_PROXY_COUNT = env.integer("TRUSTED_PROXIES", most=10)
try:
    vars().update(environ.Env.email_url_config(env.text("EMAIL_URL")))
except (KeyError, ValueError):
    raise env.SettingError("EMAIL_URL is wrong: give smtp+tls://user:password@host:587") from None
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("EMAIL_FROM")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# -- database ----------------------------------------------------------------------------------------------------------
DATABASE_URL = env.text("DATABASE_URL")
DATABASE_WEB_PASSWORD = env.text("DATABASE_WEB_PASSWORD")
DB_POOL_SIZE = env.integer("DB_POOL_SIZE", least=1, most=200)
DB_MAX_OVERFLOW = env.integer("DB_MAX_OVERFLOW", most=500)
DB_PREPARE = env.flag("DB_PREPARE")
WEB_THREADS = env.integer("WEB_THREADS", least=1, most=64)
WEB_CONNECTION_SECONDS = 600  # then a thread gives its connection back to the pool, which looks whether it is too old
AGENT_CONCURRENCY = env.integer("AGENT_CONCURRENCY", least=1, most=64)
# A build's worker, its heartbeat and two calls side by side; the lookout, results and what else a worker does.
_TALK_PLACES = 2  # builds.runs.lanes
_NEEDED_CONNECTIONS = 4 * AGENT_CONCURRENCY + 2 * _TALK_PLACES + 4
_MOST_CONNECTIONS = max(DB_POOL_SIZE + DB_MAX_OVERFLOW, _NEEDED_CONNECTIONS, WEB_THREADS + 4)


_ABANDONED_AFTER = "-c idle_in_transaction_session_timeout=15s"
"""When the server takes back what a process holds that was stopped, or whose machine went away, in a write."""


def _postgresql(url: str) -> dict[str, Any]:
    wrong = env.SettingError("DATABASE_URL is wrong: give postgres://user:password@host/name")
    if urlsplit(url).scheme not in {"postgres", "postgresql"}:
        raise wrong
    try:
        config: dict[str, Any] = environ.Env.db_url_config(url)
    except (ValueError, KeyError):
        raise wrong from None
    given = config.get("OPTIONS", {})
    config["OPTIONS"] = given | {
        "options": f"{given.get('options', '')} {_ABANDONED_AFTER}".strip(),
        "pool": {"min_size": 1, "max_size": _MOST_CONNECTIONS, "timeout": 5},
    }
    # Cursors that live on the server can't carry for whom a statement is (agentsite.common.acting).
    return config | {"CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": True, "DISABLE_SERVER_SIDE_CURSORS": True}


def _sqlite() -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA_DIR / "agentsite.sqlite3",
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY;",
        },
    }


DATABASES = {"default": _postgresql(DATABASE_URL) if DATABASE_URL else _sqlite()}

# -- audit -------------------------------------------------------------------------------------------------------------
AUDIT_SIGNING_KEY = env.secret_key("AUDIT_SIGNING_KEY", "audit-signing-key")
AUDIT_PUBLIC_KEYS = env.words("AUDIT_PUBLIC_KEYS")
if not all(re.fullmatch(r"[0-9a-f]{64}", key) for key in AUDIT_PUBLIC_KEYS):
    raise env.SettingError("AUDIT_PUBLIC_KEYS is wrong: give what manage.py audit_key prints, with commas")
AUDIT_ANCHOR_FILE = env.text("AUDIT_ANCHOR_FILE") or str(DATA_DIR / "audit-anchors.jsonl")
AUDIT_ANCHOR_URL = env.text("AUDIT_ANCHOR_URL")
if AUDIT_ANCHOR_URL and not env.is_address(AUDIT_ANCHOR_URL, {"http", "https"}):
    raise env.SettingError("AUDIT_ANCHOR_URL is wrong: give an address such as https://anchors.example.org/agentsite")
AUDIT_ANCHOR_TOKEN = env.text("AUDIT_ANCHOR_TOKEN")
AUDIT_COPY_FILE = env.text("AUDIT_COPY_FILE")

# -- broker, cache, live updates ---------------------------------------------------------------------------------------
REDIS_URL = env.text("REDIS_URL")
if REDIS_URL and not env.is_address(REDIS_URL, {"redis", "rediss", "unix"}):
    raise env.SettingError("REDIS_URL is wrong: give redis://host:port/number")
_REDIS_PATIENCE = {"socket_timeout": 2, "socket_connect_timeout": 2}  # nothing waits long for a Redis that is away
CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "agentsite.common.cache.ForgivingRedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": _REDIS_PATIENCE,
    }
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}
# Longer than the five seconds for which the channel layer lets Redis wait for a message.
_REDIS_CHANNELS = {"address": REDIS_URL, "socket_connect_timeout": 2, "socket_timeout": 20}
CHANNEL_LAYERS: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "agentsite.redis_layer.HeedfulRedisChannelLayer",
        "CONFIG": {"hosts": [_REDIS_CHANNELS], "capacity": 1000},
    }
    if REDIS_URL
    else {"BACKEND": "agentsite.channel_layer.InProcessChannelLayer"}
}
CELERY_BROKER_URL = REDIS_URL or "memory://"
CELERY_RESULT_BACKEND = "django-db"
CELERY_RESULT_EXTENDED = True
CELERY_RESULT_EXPIRES = 30 * 86_400  # so long the console shows how tasks ended
CELERY_TASK_SERIALIZER = CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_ACKS_LATE = False  # a message is a hint; the table is the queue
CELERY_TASK_TRACK_STARTED = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {"socket_connect_timeout": 2, "socket_timeout": 10, "max_retries": 0} if REDIS_URL else {"polling_interval": 0.05}
)
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_TASK_ROUTES = {"builds.run_next": {"queue": "runs"}, "builds.talk_next": {"queue": "runs"}}
CELERY_TASK_DEFAULT_QUEUE = "short"
CELERY_WORKER_POOL = "threads"  # builds wait for models and sandboxes; one process sees the order to stop
CELERY_BEAT_SCHEDULE = {"builds.tidy": {"task": "builds.tidy", "schedule": 3600.0}}

# -- the agent ---------------------------------------------------------------------------------------------------------
AGENT_MODEL = env.value("AGENT_MODEL")
AGENT_INPUT_GUARD = env.value("AGENT_INPUT_GUARD")
AGENT_MAX_REPAIRS = env.value("AGENT_MAX_REPAIRS")
AGENT_BUILD_SECONDS = env.value("AGENT_BUILD_SECONDS")
APPROVAL_HOURS = env.value("APPROVAL_HOURS")
APPROVAL_RULE = env.value("APPROVAL_RULE")
APPROVAL_RULE_ABOVE_USD = env.value("APPROVAL_RULE_ABOVE_USD")
ATTACHMENT_MAX_MB = env.value("ATTACHMENT_MAX_MB")
EVENT_RETENTION_DAYS = env.value("EVENT_RETENTION_DAYS")
MESSAGE_RETENTION_MAX_DAYS = env.value("MESSAGE_RETENTION_MAX_DAYS")
MESSAGE_RETENTION_DAYS = env.integer("MESSAGE_RETENTION_DAYS", least=1, most=MESSAGE_RETENTION_MAX_DAYS)
AGENT_NODE_SECONDS = env.value("AGENT_NODE_SECONDS")
AGENT_PROVIDER_WAIT_SECONDS = env.value("AGENT_PROVIDER_WAIT_SECONDS")
AGENT_USER_CONCURRENCY = env.value("AGENT_USER_CONCURRENCY")
WEBHOOK_ALLOWED_HOSTS = env.words("WEBHOOK_ALLOWED_HOSTS")
DEPLOYMENT_ALLOWED_HOSTS = env.words("DEPLOYMENT_ALLOWED_HOSTS")
DEPLOYMENT_WAIT_SECONDS = env.integer("DEPLOYMENT_WAIT_SECONDS", most=86_400)
TELEGRAM_BOT_TOKEN = env.text("TELEGRAM_BOT_TOKEN")
TELEGRAM_API_BASE_URL = env.text("TELEGRAM_API_BASE_URL").rstrip("/")
if not env.is_address(TELEGRAM_API_BASE_URL, {"http", "https"}):
    raise env.SettingError("TELEGRAM_API_BASE_URL is wrong: give an address such as https://api.telegram.org")
TELEGRAM_WEBHOOK = env.flag("TELEGRAM_WEBHOOK")
SITE_URL = env.text("SITE_URL").rstrip("/")
if SITE_URL and not env.is_address(SITE_URL, {"http", "https"}):
    raise env.SettingError("SITE_URL is wrong: give the address of this site, e.g. https://example.org")
if TELEGRAM_WEBHOOK and not SITE_URL:
    raise env.SettingError("TELEGRAM_WEBHOOK needs SITE_URL: the address at which Telegram reaches this site")
ADMIN_TELEGRAM_IDS = env.numbers("ADMIN_TELEGRAM_IDS")
SANDBOX_WALL_SECONDS = env.integer("SANDBOX_WALL_SECONDS", least=1, most=120)
SANDBOX_URL = env.text("SANDBOX_URL")
SANDBOX_TOKEN = env.text("SANDBOX_TOKEN")
OLLAMA_BASE_URL = env.text("OLLAMA_BASE_URL")
OPENAI_BASE_URL = env.text("OPENAI_BASE_URL")
OPENAI_API_KEY = env.text("OPENAI_API_KEY")
ANTHROPIC_API_KEY = env.text("ANTHROPIC_API_KEY")
TRANSCRIPTION_BASE_URL, TRANSCRIPTION_API_KEY = env.text("TRANSCRIPTION_BASE_URL"), env.text("TRANSCRIPTION_API_KEY")
TRANSCRIPTION_MODEL = env.text("TRANSCRIPTION_MODEL")
TRANSCRIPTION_USD_PER_MINUTE = env.value("TRANSCRIPTION_USD_PER_MINUTE")
MODEL_FIRST_TOKEN_SECONDS = env.integer("MODEL_FIRST_TOKEN_SECONDS", least=1)
MODEL_IDLE_SECONDS = env.integer("MODEL_IDLE_SECONDS", least=1)
MODEL_TOTAL_SECONDS = env.integer("MODEL_TOTAL_SECONDS", least=1)
CHROMA_URL = env.text("CHROMA_URL")
EMBEDDER = env.text("EMBEDDER")
EMBEDDER_SHA256 = env.text("EMBEDDER_SHA256")
CHROMA_DATA_DIR = env.text("CHROMA_DATA_DIR") or str(DATA_DIR / "chroma")
CELERY_WORKER_CONCURRENCY = AGENT_CONCURRENCY + _TALK_PLACES + 1  # one thread stays free for short tasks

# -- API ---------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "agentsite.accounts.authentication.ApiKeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "agentsite.accounts.permissions.HasScope",
    ],
    "DEFAULT_THROTTLE_CLASSES": ["agentsite.accounts.throttling.DailyQuota"],
    "DEFAULT_RENDERER_CLASSES": ["agentsite.common.rendering.ApiJSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["agentsite.common.parsing.BoundedJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "agentsite.common.pagination.KeysetPagination",
    "DEFAULT_SCHEMA_CLASS": "agentsite.accounts.api.schema.ApiSchema",
    "EXCEPTION_HANDLER": "agentsite.common.rest_errors.handle",
    "PAGE_SIZE": 20,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = API_DOCUMENT
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 << 20
FILE_UPLOAD_HANDLERS = [
    "agentsite.body_limit.UploadLimit",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# -- pages -------------------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ru", "Русский")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    },
}
UNFOLD = CONSOLE_THEME
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "agentsite.pages.csrf_failure"

PROMETHEUS_ENABLED = env.flag("PROMETHEUS_ENABLED")
PROMETHEUS_TOKEN = env.text("PROMETHEUS_TOKEN")
PROMETHEUS_MULTIPROC_DIR = (
    str(env.folder("PROMETHEUS_MULTIPROC_DIR", DATA_DIR / "metrics")) if PROMETHEUS_ENABLED else ""
)
PROMETHEUS_HOST = env.text("PROMETHEUS_HOST")
PROMETHEUS_PORT = env.integer("PROMETHEUS_PORT", most=65535)
OTEL_EXPORTER_OTLP_ENDPOINT = env.text("OTEL_EXPORTER_OTLP_ENDPOINT").rstrip("/")
if OTEL_EXPORTER_OTLP_ENDPOINT and not env.is_address(OTEL_EXPORTER_OTLP_ENDPOINT, {"http", "https"}):
    raise env.SettingError("OTEL_EXPORTER_OTLP_ENDPOINT is wrong: give an address such as http://collector:4318")
OTEL_EXPORTER_OTLP_HEADERS = env.text("OTEL_EXPORTER_OTLP_HEADERS")
SQL_ECHO = env.flag("SQL_ECHO")
LOGGING_CONFIG = None
redaction.know([*env.given_secrets(), SECRET_KEY, AUDIT_SIGNING_KEY])
logging_config(
    level=env.one_of("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR")),
    sql_echo=SQL_ECHO,
    log_format=env.one_of("LOG_FORMAT", FORMATS),
)
