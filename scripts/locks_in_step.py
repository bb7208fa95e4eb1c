#!/usr/bin/env python3
"""Says which dependency of pyproject.toml a lock file has not, or has in another version."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def locked(name: str) -> dict[str, str]:
    """Name → version of every package in a lock file."""
    text = (ROOT / name).read_text()
    return dict(re.findall(r"^([a-z0-9._-]+)==([^\s;\\]+)", text, re.MULTILINE))


def missing(wanted: list[str], lock: str) -> list[str]:
    have = locked(lock)
    complaints = []
    for line in wanted:
        name, _, version = line.partition("==")
        plain = name.partition("[")[0].lower().replace("_", "-")
        found = have.get(plain)
        if found is None or version not in ("", found):
            complaints.append(f"{lock}: {line} is wanted, {found or 'nothing'} is locked")
    return complaints


def main() -> int:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    runtime = project["project"]["dependencies"]
    dev = project["dependency-groups"]["dev"]
    complaints = [
        *missing(runtime, "requirements.lock"),
        *missing(runtime + dev, "requirements-dev.lock"),
    ]
    for complaint in complaints:
        print(f"darkroom: {complaint}; run scripts/lock", file=sys.stderr)
    return bool(complaints)


if __name__ == "__main__":
    sys.exit(main())
