"""What can go wrong with a backup. Each text is one for the operator.

UpkeepError
├── BackupFailed     nothing was written
├── NotABackup       the file is none, or is damaged
└── RestoreRefused   nothing was changed
"""

from __future__ import annotations


class UpkeepError(Exception):
    """A backup or a restore did not come to its end."""


class BackupFailed(UpkeepError):
    """No backup was made."""


class NotABackup(UpkeepError):
    """This is not a whole backup of Darkroom."""


class RestoreRefused(UpkeepError):
    """Nothing was restored."""
