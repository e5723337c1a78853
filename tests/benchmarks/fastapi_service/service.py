"""The least that does the same work: keys, the day's count, builds with event and audit entry, a list, one build."""

import base64
import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from fastapi import Depends, FastAPI, Header, HTTPException, Response
from sqlalchemy.dialects.postgresql import insert
from uuid_utils.compat import uuid7

from tests.benchmarks.fastapi_service import tables
from tests.benchmarks.fastapi_service.answers import Build, BuildDetail, NewBuild, Page

PAGE_SIZE = 20


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Look at the tables before anybody asks."""
    await tables.look()
    yield


app = FastAPI(lifespan=lifespan)


async def caller(response: Response, authorization: Annotated[str, Header()]) -> Any:
    """Find the key by its prefix, compare its hash, count the call."""
    secret = authorization.removeprefix("Bearer ")
    keys, users = tables.table("accounts_apikey").c, tables.table("accounts_user").c
    wanted = (
        sa.select(users.id, users.username, users.api_quota_daily, keys.id.label("key_id"), keys.key_hash, keys.scopes)
        .join_from(tables.table("accounts_apikey"), tables.table("accounts_user"), users.id == keys.user_id)
        .where(keys.prefix == secret.split("_")[1], keys.is_active, users.is_active)
        .where(keys.expires_at.is_(None) | (keys.expires_at > sa.func.now()))
    )
    async with tables.engine.begin() as connection:
        found = (await connection.execute(wanted)).first()
        if found is None or not hmac.compare_digest(found.key_hash, hashlib.sha256(secret.encode()).hexdigest()):
            raise HTTPException(401)
        used = await connection.scalar(_count_call(found))
    if used is None:
        raise HTTPException(429)
    response.headers["RateLimit-Remaining"] = str(found.api_quota_daily - used)
    return found


Caller = Annotated[Any, Depends(caller)]


@app.post("/api/v1/builds/", status_code=201)
async def create(wanted: NewBuild, who: Caller) -> BuildDetail:
    """Insert run, build, event and audit entry, and count the build: one transaction."""
    run, build, now = uuid7(), uuid7(), datetime.now(UTC)
    row = tables.row
    async with tables.engine.begin() as connection:
        await connection.execute(row("builds_run", id=run, kind="build", state="pending", last_seq=1, user_id=who.id))
        asked = wanted.model_dump() | {"model": "", "wanted_model": wanted.model, "status": "pending"}
        mine = {"id": build, "run_id": run, "user_id": who.id, "api_key_id": who.key_id, "verification": "unverified"}
        inserted = row("builds_build", **mine, **asked, created_at=now, updated_at=now, proofs=[])
        made = (await connection.execute(inserted.returning(*tables.table("builds_build").c))).mappings().one()
        told = {"project_name": wanted.project_name, "language": wanted.language, "parent": ""}
        await connection.execute(row("builds_runevent", run_id=run, seq=1, kind="build.submitted", payload=told))
        about = {"resource_type": "build", "resource_id": str(build), "description": wanted.project_name}
        about |= {"event_category": "general", "severity": "info", "user_label": who.username}
        await connection.execute(row("audit_auditlog", action="build.submitted", user_id=who.id, success=True, **about))
        await connection.execute(_count_build(who))
    return _detail(dict(made) | {"owner": who.username, "last_seq": 1}, {"calls": 0, "cost_usd": "0"})


@app.get("/api/v1/builds/")
async def many(who: Caller, before: UUID | None = None) -> Page:
    """List the caller's newest builds."""
    builds = tables.table("builds_build")
    columns = [column for column in builds.c if column.name in tables.LISTED]
    wanted = sa.select(*columns).where(builds.c.user_id == who.id).order_by(builds.c.id.desc()).limit(PAGE_SIZE + 1)
    if before is not None:
        wanted = wanted.where(builds.c.id < before)
    async with tables.engine.connect() as connection:
        rows = (await connection.execute(wanted)).mappings().all()
    shown = [_listed(dict(row) | {"owner": who.username}) for row in rows[:PAGE_SIZE]]
    after = base64.b64encode(str(shown[-1].id).encode()).decode() if len(rows) > PAGE_SIZE else None
    return Page(next=after and f"/api/v1/builds/?cursor={after}", previous=None, results=shown)


@app.get("/api/v1/builds/{build_id}/")
async def one(build_id: UUID, who: Caller) -> BuildDetail:
    """Return one build with its run's counter and what it used."""
    builds, runs, used = (tables.table(f"builds_{name}") for name in ("build", "run", "tokenusage"))
    wanted = sa.select(builds, runs.c.last_seq).join(runs, runs.c.id == builds.c.run_id)
    sums = sa.select(
        sa.func.count().label("calls"), sa.func.coalesce(sa.func.sum(used.c.cost_usd), 0).label("cost_usd")
    )
    async with tables.engine.connect() as connection:
        found = await connection.execute(wanted.where(builds.c.id == build_id, builds.c.user_id == who.id))
        row = found.mappings().first()
        if row is None:
            raise HTTPException(404)
        usage = (await connection.execute(sums.where(used.c.build_id == build_id))).mappings().one()
    return _detail(dict(row) | {"owner": who.username}, dict(usage))


def _listed(row: dict[str, Any]) -> Build:
    return Build.model_validate(row | {"url": f"/builds/{row['id']}/", "parent": row["parent_id"]})


def _detail(row: dict[str, Any], usage: dict[str, Any]) -> BuildDetail:
    more = {"url": f"/builds/{row['id']}/", "parent": row["parent_id"], "error_hint": "", "queue": None}
    return BuildDetail.model_validate(row | more | {"waits_until": None, "usage": usage})


def _count_call(who: Any) -> Any:
    usage = tables.table("accounts_dailyusage")
    today = datetime.now(UTC).date()
    first = insert(usage).values(user_id=who.id, day_on=today, api_calls=1)
    more = {"api_calls": usage.c.api_calls + 1}
    again = first.on_conflict_do_update(
        index_elements=["user_id", "day_on"], set_=more, where=usage.c.api_calls < who.api_quota_daily
    )
    return again.returning(usage.c.api_calls)


def _count_build(who: Any) -> Any:
    usage = tables.table("accounts_dailyusage")
    first = insert(usage).values(user_id=who.id, day_on=datetime.now(UTC).date(), builds=1)
    return first.on_conflict_do_update(index_elements=["user_id", "day_on"], set_={"builds": usage.c.builds + 1})
