"""The reference of tables, written from the models: ``docs/schema.md``."""

import ast
import inspect
import textwrap
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models.fields import NOT_PROVIDED, Field

OURS = ("accounts", "audit", "memory", "builds", "telegram_link")
Model = type[models.Model]


def as_markdown() -> str:
    """Return every room's tables with a diagram of how they refer to each other."""
    return "\n".join(line for app in OURS for line in _room(app))


def _room(app: str) -> Iterator[str]:
    found = sorted(apps.get_app_config(app).get_models(), key=lambda model: model.__name__)
    yield from (f"## {app}", "", *_diagram(found))
    for model in found:
        yield from _table(model)


def _diagram(found: list[Model]) -> Iterator[str]:
    yield from ("```mermaid", "erDiagram")
    for model in found:
        for field in _columns(model):
            if field.related_model is not None:
                yield f"    {model.__name__} {_many(field)}--{_one(field)} {_name(field.related_model)} : {field.name}"
    yield from ("```", "")


def _many(field: "Field[object, object]") -> str:
    return "|o" if field.unique else "}o"


def _one(field: "Field[object, object]") -> str:
    return "o|" if field.null else "||"


def _name(related: object) -> str:
    return related if isinstance(related, str) else str(getattr(related, "__name__", ""))


def _table(model: Model) -> Iterator[str]:
    yield from (f"### {_meta(model).db_table}", "", _docstring(model), "")
    yield from ("| field | type | null | default | meaning |", "|---|---|---|---|---|")
    meanings = _meanings(model)
    for field in _columns(model):
        cells = (f"`{field.column}`", _type(field), "yes" if field.null else "", _default(field))
        yield f"| {' | '.join(cells)} | {_cell(meanings.get(field.name, '') or str(field.help_text))} |"
    yield ""
    rules = [*_indexes(model), *_constraints(model)]
    yield from ([*(f"- {rule}" for rule in rules), ""] if rules else [])


def _columns(model: Model) -> "Sequence[Field[object, object]]":
    return _meta(model).concrete_fields  # type: ignore[no-any-return]


def _meta(model: Model) -> Any:
    return model._meta  # noqa: SLF001  Django's documented way to a model's fields


def _type(field: "Field[object, object]") -> str:
    if field.related_model is not None:
        return f"→ {_name(field.related_model)}"
    kind = field.get_internal_type().removesuffix("Field")
    length = f" {field.max_length}" if getattr(field, "max_length", None) and kind == "Char" else ""
    is_unique = field.unique and not field.primary_key
    marks = [word for word, is_so in (("key", field.primary_key), ("unique", is_unique)) if is_so]
    choices = ": " + ", ".join(str(value) for value, _ in field.flatchoices) if field.flatchoices else ""
    return _cell(f"{kind}{length}{choices}" + (f" ({', '.join(marks)})" if marks else ""))


def _default(field: "Field[object, object]") -> str:
    default = field.default
    if default is NOT_PROVIDED:
        return ""
    if callable(default):
        return f"{getattr(default, '__name__', 'made')}()"
    return f"`{getattr(default, 'value', default)!r}`"


def _indexes(model: Model) -> Iterator[str]:
    for index in _meta(model).indexes:
        fields = ", ".join(index.fields) or "an expression"
        yield f"index on {fields}{' where a condition holds' if index.condition else ''}"


def _constraints(model: Model) -> Iterator[str]:
    for constraint in _meta(model).constraints:
        if isinstance(constraint, models.UniqueConstraint):
            fields = ", ".join(constraint.fields) or "an expression"
            yield f"unique: {fields}{' where a condition holds' if constraint.condition else ''} (`{constraint.name}`)"
        else:
            yield f"rule: `{constraint.name}`"


def _docstring(model: Model) -> str:
    return " ".join((inspect.getdoc(model) or "").split())


def _meanings(model: Model) -> dict[str, str]:
    """Return what stands below each field in the source, base classes of ours included."""
    found: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if base.__module__.split(".")[0] in {"agentsite", *OURS}:
            found |= _below_fields(base)
    return found


def _below_fields(base: type) -> dict[str, str]:
    body = ast.parse(textwrap.dedent(inspect.getsource(base))).body[0]
    lines = body.body if isinstance(body, ast.ClassDef) else []
    found: dict[str, str] = {}
    for line, below in pairwise(lines):
        is_text = isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant)
        target = line.targets[0] if isinstance(line, ast.Assign) else getattr(line, "target", None)
        if is_text and isinstance(target, ast.Name):
            found[target.id] = str(below.value.value)  # type: ignore[attr-defined]  # a constant, as was seen
    return found


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
