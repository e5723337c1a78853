"""What goes over the wire: the same names as in Agentsite's own answers."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class NewBuild(BaseModel):
    """A request for a build."""

    model_config = ConfigDict(extra="forbid")
    project_name: str = Field(min_length=1, max_length=255)
    requirements: str = Field(min_length=1, max_length=20_000)
    description: str = Field("", max_length=20_000)
    language: str = Field("python", max_length=32)
    tags: list[str] = Field(default_factory=list, max_length=20)
    budget_usd: Decimal | None = Field(None, ge=0, le=10_000)
    model: str = Field("", max_length=200)


class Build(BaseModel):
    """A build in a list."""

    id: UUID
    url: str
    owner: str
    parent: UUID | None
    forked_attempt: int | None
    project_name: str
    description: str
    requirements: str
    language: str
    tags: list[str]
    status: str
    verification: str
    model: str
    budget_usd: Decimal | None
    error_code: str
    error_message: str
    started_at: datetime | None
    completed_at: datetime | None
    duration_seconds: float | None
    created_at: datetime
    updated_at: datetime


class BuildDetail(Build):
    """A build on its own; who has it in the queue's order is not worked out."""

    summary: str
    error_hint: str
    proofs: Any
    test_results: Any
    generated_code: str
    last_seq: int
    queue: None
    waits_until: datetime | None
    usage: dict[str, Any]


class Page(BaseModel):
    """Some builds, and where to go on."""

    next: str | None
    previous: None
    results: list[Build]
