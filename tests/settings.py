"""The studio's settings on a throw-away data folder."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

os.environ["STUDIO_DATA_DIR"] = tempfile.mkdtemp(prefix="darkroom-tests-")
atexit.register(shutil.rmtree, os.environ["STUDIO_DATA_DIR"], ignore_errors=True)

from studio.settings import *  # noqa: E402, F403

STORAGES["staticfiles"] = {  # noqa: F405
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STATIC_ROOT.mkdir(exist_ok=True)  # noqa: F405
if not DATABASE_URL:  # noqa: F405
    # A file, so that tests with threads meet the locks that the studio has.
    DATABASES["default"]["TEST"] = {"NAME": STUDIO_DATA_DIR / "test.sqlite3"}  # noqa: F405
