"""Settings under test: the environment decides the engine, everything else is made cheap."""

import os
import tempfile
from pathlib import Path

data_dir = os.environ.get("AGENTSITE_DATA_DIR") or tempfile.mkdtemp(prefix="agentsite-tests-")
os.environ["AGENTSITE_DATA_DIR"] = str(Path(data_dir, os.environ.get("PYTEST_XDIST_WORKER", "")))
Path(os.environ["AGENTSITE_DATA_DIR"]).mkdir(exist_ok=True)
if os.environ.get("REDIS_URL") and os.environ.get("PYTEST_XDIST_WORKER"):
    server, _, database = os.environ["REDIS_URL"].rpartition("/")
    os.environ["REDIS_URL"] = f"{server}/{int(database) - int(os.environ['PYTEST_XDIST_WORKER'].removeprefix('gw'))}"
os.environ.setdefault("AGENT_MODEL", "cookbook:recipes")
os.environ.setdefault("LOG_LEVEL", "WARNING")

from agentsite.settings import *  # noqa: E402, F403  the environment must be set first
from agentsite.settings import DATABASES, STATIC_ROOT, STORAGES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
ALLOWED_HOSTS = ["*"]
STATIC_ROOT.mkdir(exist_ok=True)
CELERY_TASK_ALWAYS_EAGER = False
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {"NAME": f"{os.environ['AGENTSITE_DATA_DIR']}/test.sqlite3"}
