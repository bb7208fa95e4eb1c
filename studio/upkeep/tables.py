"""The rows of all tables as JSON lines, the same from SQLite and PostgreSQL, for either of them.

The first line of a table names its columns; each further one is a row in that order.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import Decimal
from itertools import islice
from typing import IO, Any
from uuid import UUID

from django.apps import apps
from django.apps.registry import Apps
from django.core.management.color import no_style
from django.db import connection, models, transaction

BATCH = 2000
# Of this moment and this machine only. A session's name would let its bearer in.
LEFT_OUT_APPS = frozenset({"sessions", "django_q", "axes"})
LEFT_OUT = frozenset({"engine.lease", "engine.heartbeat", "engine.pumpreport"})

Model = type[models.Model]
Fields = list["models.Field[Any, Any]"]


def kept(registry: Apps = apps) -> list[Model]:
    """Every model whose rows belong into a backup."""
    return [
        model
        for model in registry.get_models(include_auto_created=True)
        if model._meta.managed
        and not model._meta.proxy
        and model._meta.app_label not in LEFT_OUT_APPS
        and model._meta.label_lower not in LEFT_OUT
    ]


@contextmanager
def snapshot() -> Iterator[None]:
    """Whatever is read inside is as it was at one moment. Nobody who writes waits for it."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")  # atomic() would lock out all who write
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")
    else:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield


def dump(model: Model, out: IO[bytes]) -> int:
    """Write all rows; how many there were."""
    names = [field.attname for field in model._meta.concrete_fields]
    out.write(_line(names))
    rows = model._base_manager.order_by("pk").values_list(*names)
    count = 0
    for row in rows.iterator(chunk_size=BATCH):
        out.write(_line(row))
        count += 1
    return count


def load(model: Model, lines: Iterable[bytes]) -> int:
    """Put all rows back as they were; how many there are. `model` is one of a migration's state.

    Raises ValueError where the lines are not of this table.
    """
    rows = iter(lines)
    fields = _fields(model, json.loads(next(rows)))
    statement = _insertion(model, fields)
    count = 0
    with connection.cursor() as cursor:
        while batch := list(islice(rows, BATCH)):
            cursor.executemany(statement, [_values(fields, json.loads(line)) for line in batch])
            count += len(batch)
    return count


def empty(model: Model) -> None:
    """Remove what a migration has put there."""
    model._base_manager.all().delete()


def restart_counters(found: Iterable[Model]) -> None:
    """The next row gets a number behind those that were put back."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(found)):
            cursor.execute(statement)


def _fields(model: Model, names: list[str]) -> Fields:
    known = {field.attname: field for field in model._meta.concrete_fields}
    if set(known) != set(names):
        raise ValueError(f"The table {model._meta.db_table} has other columns than the backup.")
    return [known[name] for name in names]


def _insertion(model: Model, fields: Fields) -> str:
    """Of whole rows, past the models: they would make times and numbers of their own."""
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in fields)
    values = ", ".join(["%s"] * len(fields))
    return f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES ({values})"  # noqa: S608


def _values(fields: Fields, row: list[Any]) -> list[Any]:
    pairs = zip(fields, row, strict=True)
    return [field.get_db_prep_save(field.to_python(value), connection) for field, value in pairs]


def _line(row: Iterable[Any]) -> bytes:
    text = json.dumps(list(row), default=_plain, ensure_ascii=False, separators=(",", ":"))
    return text.encode() + b"\n"


def _plain(value: Any) -> str:
    """What `to_python` of the field reads again."""
    if isinstance(value, bytes | memoryview):
        return b64encode(value).decode()
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, UUID | Decimal):
        return str(value)
    raise TypeError(f"a {type(value).__name__} cannot be backed up")
