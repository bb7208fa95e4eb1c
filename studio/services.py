"""Database, queue and archive as settings: what comes with Darkroom, or services of yours.

Each address may hold a password, so no complaint ever quotes one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from redis.backoff import ExponentialBackoff
from redis.connection import parse_url
from redis.retry import Retry

Settings = dict[str, Any]

POSTGRESQL = "postgresql://user:password@db.example.com:5432/darkroom"
REDIS = "redis://:password@redis.example.com:6379/0"
BUCKET = "s3+https://key:secret@s3.example.com/bucket?region=eu-central-1"

SQLITE: Settings = {
    "ENGINE": "django.db.backends.sqlite3",
    "CONN_MAX_AGE": 600,
    "OPTIONS": {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    },
}
# A dead server is noticed within half a minute, not when TCP gives up.
KEEP_ALIVE = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
    "application_name": "darkroom",
}
# Hints and caches may fail: nobody who places an order waits for them.
PATIENCE: Settings = {
    "socket_connect_timeout": 2,
    "socket_timeout": 5,
    "health_check_interval": 30,
    "retry": Retry(ExponentialBackoff(cap=0.1, base=0.02), 2),
}


def database(url: str, file: Path) -> Settings:
    """PostgreSQL at `url` (DATABASE_URL), else SQLite in `file`."""
    if not url:
        return {**SQLITE, "NAME": file}
    if _split(url, "DATABASE_URL", POSTGRESQL).scheme not in ("postgres", "postgresql"):
        raise _mistaken("DATABASE_URL", POSTGRESQL)
    try:
        found: Settings = dict(dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True))
    except ValueError:
        raise _mistaken("DATABASE_URL", POSTGRESQL) from None
    if not found["NAME"]:
        raise _mistaken("DATABASE_URL", POSTGRESQL)
    if "pool" in found.get("OPTIONS", {}):
        raise ImproperlyConfigured(
            "DATABASE_URL asks for a pool; workers are forked, and none may."
        )
    return {**found, "OPTIONS": KEEP_ALIVE | found.get("OPTIONS", {})}


def broker(url: str) -> Settings:
    """What carries the hints: Redis or Valkey at `url` (REDIS_URL), else the database."""
    if not url:
        return {"orm": "default"}
    try:
        options = dict(parse_url(url))  # type: ignore[no-untyped-call]
    except (ValueError, TypeError):
        raise _mistaken("REDIS_URL", REDIS) from None
    connection_class = options.pop("connection_class", None)
    if connection_class and connection_class.__name__ == "SSLConnection":
        options["ssl"] = True
    if "path" in options:
        options["unix_socket_path"] = options.pop("path")
    return {"redis": PATIENCE | options}


def caches(url: str, folder: Path) -> Settings:
    """`default` for what may be forgotten, `sandbox` for what the pretend providers must find."""
    if not url:
        files = {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache"}
        return {
            "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
            "sandbox": {**files, "LOCATION": str(folder), "OPTIONS": {"MAX_ENTRIES": 5000}},
        }
    shared = {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": url,
        "OPTIONS": PATIENCE,
    }
    return {
        "default": {**shared, "KEY_PREFIX": "darkroom"},
        "sandbox": {**shared, "KEY_PREFIX": "darkroom-sandbox"},
    }


def archive(url: str, folder: Path, *, public_url: str = "") -> Settings:
    """Where pictures lie: an S3-compatible bucket at `url` (STUDIO_STORAGE_URL), else a folder."""
    if not url:
        return {
            "BACKEND": "studio.jobs.storage.ArchiveStorage",
            "OPTIONS": {"location": folder},
        }
    parts = _split(url, "STUDIO_STORAGE_URL", BUCKET)
    bucket, _slash, prefix = unquote(parts.path).strip("/").partition("/")
    words = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    is_known = parts.scheme in ("s3+http", "s3+https") and words.keys() <= {"region", "addressing"}
    if not (is_known and bucket and parts.hostname):
        raise _mistaken("STUDIO_STORAGE_URL", BUCKET)
    options = {
        "endpoint_url": f"{parts.scheme.removeprefix('s3+')}://{parts.netloc.rpartition('@')[2]}",
        "public_url": public_url,
        "access_key": unquote(parts.username) if parts.username else None,
        "secret_key": unquote(parts.password) if parts.password else None,
        "bucket_name": bucket,
        "location": prefix,
        "region_name": words.get("region", "us-east-1"),
        "addressing_style": words.get("addressing", "path"),
    }
    return {"BACKEND": "studio.jobs.bucket.BucketStorage", "OPTIONS": options}


def origins(url: str) -> list[str]:
    """Where an address leads, as a Content-Security-Policy says it: nowhere without one."""
    parts = urlsplit(url)
    return [f"{parts.scheme}://{parts.netloc}"] if url else []


def _split(url: str, name: str, example: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise _mistaken(name, example) from None
    return parts


def _mistaken(name: str, example: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{name} is no such address; it must look like {example}.")
