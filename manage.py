#!/usr/bin/env python3
"""Darkroom's commands. A bad setting ends in one clear line instead of a trace."""

from __future__ import annotations

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studio.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"darkroom: {error}")


if __name__ == "__main__":
    main()
