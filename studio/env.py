"""What the environment says, read once by settings.py. A bad value stops the start in one line."""

from __future__ import annotations

import os
import secrets
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.exceptions import ImproperlyConfigured

YES = {"1", "true", "yes", "on"}
NO = {"0", "false", "no", "off"}


def env(name: str, default: str = "") -> str:
    """The value of NAME, or the content of the file that NAME_FILE points to; empty is unset."""
    path = os.environ.get(f"{name}_FILE")
    if not path:
        return os.environ.get(name, "").strip() or default
    try:
        return Path(path).read_text().strip() or default
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE: {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ImproperlyConfigured(f"{name}_FILE: {path} is not a text file.") from error


def env_bool(name: str, *, default: bool) -> bool:
    value = env(name).lower()
    if not value:
        return default
    if value in YES | NO:
        return value in YES
    raise ImproperlyConfigured(f"{name} is “{value}”; it must be one of true, false.")


def env_int(name: str, default: int, *, least: int = 0) -> int:
    value = env(name)
    if not value:
        return default
    if value.isdecimal() and int(value) >= least:
        return int(value)
    raise ImproperlyConfigured(f"{name} is “{value}”; it must be a whole number from {least} up.")


def env_choice(name: str, default: str, choices: tuple[str, ...]) -> str:
    """One of a few words, in capitals or not."""
    value = env(name, default)
    if value.upper() in choices:
        return value.upper()
    raise ImproperlyConfigured(f"{name} is “{value}”; it must be one of {', '.join(choices)}.")


def env_zone(name: str, default: str) -> str:
    """The name of a time zone."""
    value = env(name, default)
    try:
        return ZoneInfo(value).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ImproperlyConfigured(
            f"{name} is “{value}”; it must look like Europe/Berlin."
        ) from error


def env_list(name: str) -> list[str]:
    """Comma-separated words."""
    return [word.strip() for word in env(name).split(",") if word.strip()]


def env_networks(name: str) -> list[str]:
    """Comma-separated networks: addresses or CIDRs."""
    words = env_list(name)
    for word in words:
        try:
            ip_network(word)
        except ValueError as error:
            raise ImproperlyConfigured(f"{name}: {error}; it must look like 10.0.0.0/8.") from error
    return words


def env_url(name: str) -> str:
    """An http(s) address without a trailing slash, or nothing."""
    value = env(name).rstrip("/")
    if not value:
        return ""
    parts = urlsplit(value)
    if parts.scheme in ("http", "https") and parts.hostname:
        return value
    raise ImproperlyConfigured(
        f"{name} is “{value}”; it must look like https://studio.example.com."
    )


def env_bind(name: str, default: str) -> tuple[str, int]:
    """`host:port` (IPv6 in brackets) as a host and a port number."""
    value = env(name, default)
    try:
        parts = urlsplit(f"//{value}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if host and port:
        return host, port
    raise ImproperlyConfigured(f"{name} is “{value}”; it must look like {default}.")


def env_secret(name: str, path: Path) -> str:
    """The value of NAME or NAME_FILE, else a secret made once at `path` with mode 0600."""
    return env(name) or kept_secret(path)


def kept_secret(path: Path) -> str:
    """What the file holds; a new random secret (384 bits, URL-safe) when there is none yet."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        pass
    except OSError as error:
        raise ImproperlyConfigured(f"{path.parent} cannot be written: {error.strerror}.") from error
    else:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
    try:
        value = path.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{path} cannot be read: {error.strerror}.") from error
    if len(value) < 32:
        raise ImproperlyConfigured(
            f"{path} is too short to be a secret; delete it to make a new one."
        )
    return value
