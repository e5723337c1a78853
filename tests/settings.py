"""Settings under test: the environment decides the engine, everything else is made cheap."""

import os
import tempfile
from pathlib import Path

worker = os.environ.get("PYTEST_XDIST_WORKER", "")
data_dir = Path(os.environ.get("AGENTSITE_DATA_DIR") or tempfile.mkdtemp(prefix="agentsite-tests-"))
if worker and data_dir.name != worker:  # a process that a test starts has its worker's directory, key and Redis already
    data_dir /= worker
    if os.environ.get("REDIS_URL"):
        server, _, database = os.environ["REDIS_URL"].rpartition("/")
        os.environ["REDIS_URL"] = f"{server}/{int(database) - int(worker.removeprefix('gw'))}"
data_dir.mkdir(exist_ok=True)
os.environ["AGENTSITE_DATA_DIR"] = str(data_dir)
os.environ.setdefault("AGENT_MODEL", "cookbook:recipes")
os.environ.setdefault("LOG_LEVEL", "WARNING")

from agentsite.settings import *  # noqa: E402, F403  the environment must be set first
from agentsite.settings import DATABASES, STATIC_ROOT, STORAGES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
ALLOWED_HOSTS = ["*"]
STATIC_ROOT.mkdir(exist_ok=True)
CELERY_TASK_ALWAYS_EAGER = False
WEB_CONNECTION_SECONDS = 0  # a database that a test ends with has nobody in it
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {"NAME": f"{os.environ['AGENTSITE_DATA_DIR']}/test.sqlite3"}
