"""What the files for containers promise, as far as it can be read from them."""

import ast
import importlib.util
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from agentsite import env
from tests.composition import ROOT, Service, command, composition, environment, services

ALL = services()
OURS = {name: service for name, service in ALL.items() if "build" in service}
LONG_LIVED = {name: service for name, service in ALL.items() if service.get("restart") != "no"}
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
PINNED = re.compile(r"[\w./-]+:v?\d+\.\d+\.\d+[\w.-]*|[\w./-]+:\d+\.\d+-\w+")
RUNS_CODE = "sandbox-runner"

each = pytest.mark.parametrize("name", sorted(ALL))


@each
def test_images_are_pinned(name: str) -> None:
    image = str(ALL[name]["image"])
    assert PINNED.fullmatch(image) or image.endswith("${AGENTSITE_VERSION:-0.1.0}")


def test_base_images_are_pinned() -> None:
    stages = re.findall(r"^FROM (\S+)(?: AS (\S+))?", DOCKERFILE, re.MULTILINE)
    own = {name for _, name in stages}
    assert {image for image, _ in stages if image not in own and not PINNED.fullmatch(image)} == set()


@pytest.mark.parametrize("name", sorted(LONG_LIVED))
def test_whatever_goes_on_is_looked_after(name: str) -> None:
    assert LONG_LIVED[name]["healthcheck"]["test"]
    assert LONG_LIVED[name]["restart"] == "unless-stopped"


@each
def test_everything_runs_with_as_little_as_possible(name: str) -> None:
    service = ALL[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert not {"cap_add", "privileged", "pid", "network_mode", "devices"} & set(service)
    assert not any("docker.sock" in str(volume) for volume in service.get("volumes", ()))


@each
def test_no_secret_stands_in_the_file(name: str) -> None:
    secret = {setting.name for setting in env.TABLE if setting.is_secret} | {"POSTGRES_PASSWORD", "DATABASE_URL"}
    given = {key: value for key, value in ALL[name].get("environment", {}).items() if key in secret}
    assert all(value in {f"${{{key}:-}}", "redis://redis:6379/0"} for key, value in given.items())


def test_secrets_come_from_files_that_the_script_makes(tmp_path: Path) -> None:
    subprocess.run([ROOT / "script/compose-secrets", tmp_path / "s"], check=True, capture_output=True)
    first = {path.name: path.read_text() for path in (tmp_path / "s").iterdir()}
    subprocess.run([ROOT / "script/compose-secrets", tmp_path / "s"], check=True, capture_output=True)
    assert {path.name: path.read_text() for path in (tmp_path / "s").iterdir()} == first
    assert {Path(secret["file"]).name for secret in composition()["secrets"].values()} == set(first)
    assert first["postgres_password"] in first["database_url"]
    assert oct((tmp_path / "s").stat().st_mode)[-3:] == "700"
    assert "secrets/" in (ROOT / ".gitignore").read_text()


@each
def test_a_service_reads_only_secrets_that_it_was_given(name: str) -> None:
    read = {Path(value).name for key, value in environment(ALL[name]).items() if key.endswith("_FILE")}
    if name == "prometheus":  # its configuration names it
        read = {"prometheus_token"}
        assert "/run/secrets/prometheus_token" in (ROOT / "deploy/prometheus.yml").read_text("utf-8")
    assert read == set(ALL[name].get("secrets", ()))


def test_who_runs_foreign_code_holds_nothing_but_its_token() -> None:
    runner = ALL[RUNS_CODE]
    assert environment(runner) == {"SANDBOX_TOKEN_FILE": "/run/secrets/sandbox_token"}
    assert runner["secrets"] == ["sandbox_token"]
    assert not {"volumes", "ports", "env_file", "depends_on"} & set(runner)


def test_who_runs_foreign_code_is_reached_by_workers_only_and_reaches_nobody_else() -> None:
    assert ALL[RUNS_CODE]["networks"] == ["sandbox"]
    assert composition()["networks"]["sandbox"] == {"internal": True}
    assert {name for name, service in ALL.items() if "sandbox" in service["networks"]} == {RUNS_CODE, "worker"}
    assert {name for name, service in ALL.items() if "sandbox_token" in service.get("secrets", ())} == {
        RUNS_CODE,
        "worker",
    }


def test_what_holds_data_cannot_be_reached_from_outside() -> None:
    assert composition()["networks"]["back"] == {"internal": True}
    assert all(ALL[name]["networks"] == ["back"] for name in ("postgres", "redis", "chroma"))
    assert {name for name, service in ALL.items() if "ports" in service} == {"web", "prometheus", "grafana"}
    assert ALL["prometheus"]["ports"] == ["127.0.0.1:9090:9090"]
    assert ALL["grafana"]["ports"] == ["127.0.0.1:3000:3000"]


def test_nobody_is_root() -> None:
    stages = DOCKERFILE.split("\nFROM ")
    final = [stage for stage in stages if re.match(r"base AS (server|sandbox-runner)\n", stage)]
    assert len(final) == len({service["build"]["target"] for service in OURS.values()}) == 2
    assert all("\nUSER 10001:10001\n" in stage and "\nHEALTHCHECK " in stage for stage in final)
    assert {name: ALL[name]["user"] for name in ("postgres", "redis")} == {"postgres": "postgres", "redis": "redis"}


def test_only_the_runners_image_can_make_sandboxes_and_it_holds_none_of_the_server() -> None:
    stages = dict(re.findall(r"^FROM \S+ AS (\S+)\n(.*?)(?=^FROM |\Z)", DOCKERFILE, re.MULTILINE | re.DOTALL))
    assert {name for name, text in stages.items() if "bubblewrap" in text} == {RUNS_CODE}
    copied = set(re.findall(r"^COPY (?!--from)(\S+)", stages[RUNS_CODE], re.MULTILINE))
    packages = {"builds/agent", "builds/sandbox", "builds/toolchains", "builds/sandbox_runner"}
    assert copied == packages | {"builds/__init__.py"}
    assert "/opt/server" not in stages[RUNS_CODE]
    assert "gcc" not in DOCKERFILE
    assert "build-essential" not in DOCKERFILE


def test_images_hold_no_secrets_data_or_tests() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert lines[0] == "*"
    kept = {line[1:] for line in lines if line.startswith("!")}
    assert all((ROOT / name).exists() for name in kept)
    assert not {"tests", "data", "secrets", ".env", ".git"} & kept


@pytest.mark.parametrize("name", sorted(OURS))
def test_every_command_names_something_that_exists(name: str) -> None:
    first, *rest = command(OURS[name])
    if first == "python" and rest[0] == "-m":
        assert importlib.util.find_spec(rest[1]) is not None
    elif first == "python":
        assert (ROOT / rest[0]).exists()
        assert list(ROOT.glob(f"*/management/commands/{rest[1]}.py"))
    else:
        assert shutil.which(first, path=str(Path(__import__("sys").executable).parent))
    application = next((word for word in rest if word.startswith("agentsite.asgi:")), "")
    tree = ast.parse((ROOT / "agentsite/asgi.py").read_text("utf-8")) if application else ast.parse("")
    names = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    assert not application or application.partition(":")[2] in names


@each
def test_every_setting_is_one_that_is_known(name: str) -> None:
    known = {setting.name for setting in env.TABLE}
    foreign = {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD", "ANONYMIZED_TELEMETRY", "HOME"}
    named = {key.removesuffix("_FILE") for key in environment(ALL[name])}
    named = {each for each in named if not each.startswith("GF_")}  # Grafana's own
    assert named <= known | foreign | {"OLLAMA_HOST", "OLLAMA_MODELS"}


def test_what_is_set_in_the_image_is_what_the_file_runs() -> None:
    default = json.loads(re.findall(r"^CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)[-1])
    assert default[:2] == command(ALL["web"])[:2]


def test_every_volume_and_network_is_declared() -> None:
    mounts = {str(volume).partition(":")[0] for service in ALL.values() for volume in service.get("volumes", ())}
    assert {mount for mount in mounts if not mount.startswith("./")} == set(composition()["volumes"])
    assert [mount for mount in mounts if mount.startswith("./") and not (ROOT / mount).exists()] == []
    assert {name for service in ALL.values() for name in service["networks"]} == set(composition()["networks"])


def test_the_services_are_those_of_the_document() -> None:
    text = (ROOT / "docs/deployment.md").read_text("utf-8")
    assert [name for name in ALL if f"`{name}`" not in text] == []


def needs(service: Service) -> set[str]:
    """Return what has to be there before a service starts."""
    return set(service.get("depends_on", {}))


def test_nothing_starts_before_what_it_needs() -> None:
    prepared = {"prepare", "postgres", "redis", "chroma"}
    assert all(prepared <= needs(ALL[name]) for name in ("web", "worker", "beat"))
    assert RUNS_CODE in needs(ALL["worker"])
