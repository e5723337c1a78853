# Two images. server: web, worker, beat, bot and Chroma, by command; holds no compiler and no sandbox.
# sandbox-runner: bubblewrap, the runtime of tests, and of our code only what the service needs; holds no credentials.
#   docker build --target server -t agentsite/server .
#   docker build --target sandbox-runner -t agentsite/sandbox-runner .

FROM python:3.11.13-slim-bookworm AS base
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOME=/tmp
RUN groupadd --gid 10001 agentsite \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin agentsite
WORKDIR /app


FROM base AS server-packages
COPY requirements.txt ./
RUN python -m venv /opt/server && /opt/server/bin/pip install --no-cache-dir -r requirements.txt


FROM base AS runtime-packages
COPY requirements.txt requirements-sandbox.txt ./
COPY sandbox ./sandbox
COPY script/install-node script/warm-types ./script/
# /opt/runtime is what foreign code runs with; /opt/runner is what the service itself runs with: pydantic, nothing else.
RUN python -m venv /opt/runtime && /opt/runtime/bin/pip install --no-cache-dir -r requirements-sandbox.txt \
    && script/install-node /opt/runtime \
    && script/warm-types /opt/runtime \
    && grep '^pydantic' requirements.txt >runner.txt \
    && python -m venv /opt/runner && /opt/runner/bin/pip install --no-cache-dir -r runner.txt


FROM base AS sandbox-runner
# setpriv and prlimit belong to util-linux, which every Debian has. Versions come with the release of the base image.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends bubblewrap && rm -rf /var/lib/apt/lists/*
COPY --from=runtime-packages /opt/runtime /opt/runtime
COPY --from=runtime-packages /opt/runner /opt/runner
COPY builds/__init__.py ./builds/
COPY builds/agent ./builds/agent
COPY builds/sandbox ./builds/sandbox
COPY builds/toolchains ./builds/toolchains
COPY builds/sandbox_runner ./builds/sandbox_runner
ENV PATH=/opt/runner/bin:$PATH SANDBOX_RUNTIME_DIR=/opt/runtime
USER 10001:10001
EXPOSE 8070
HEALTHCHECK --interval=15s --timeout=10s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8070/readyz', timeout=5)"]
CMD ["python", "-m", "builds.sandbox_runner", "--listen", "0.0.0.0:8070"]


FROM base AS server
COPY --from=server-packages /opt/server /opt/server
COPY . .
RUN apt-get update && apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/*
RUN install -d -o agentsite -g agentsite -m 0750 /data /chroma
ENV PATH=/opt/server/bin:$PATH AGENTSITE_DATA_DIR=/data DJANGO_SETTINGS_MODULE=agentsite.settings
USER 10001:10001
EXPOSE 8000
# The second header is what a proxy would say; without it a site that is reached over HTTPS answers with a redirect.
HEALTHCHECK --interval=15s --timeout=10s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen(u.Request('http://127.0.0.1:8000/livez', headers={'X-Forwarded-Proto': 'https'}), timeout=5)"]
CMD ["uvicorn", "agentsite.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--lifespan", "off", "--ws-max-size", "65536", "--timeout-graceful-shutdown", "10", "--no-server-header", "--no-access-log"]
