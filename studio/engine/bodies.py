"""The exact bytes of a call: the same call makes the same bytes, whenever it is sent again."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import urlencode

from studio.providers.calls import Call

QUOTES = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A body, ready to be sent."""

    content: bytes = field(default=b"", repr=False)
    media_type: str = ""

    @property
    def sha256(self) -> str:
        """Of the content, in hex: what the row remembers of what was sent."""
        return sha256(self.content).hexdigest()


def prepare(call: Call) -> Prepared:
    """Write a call's JSON, multipart, form or raw body."""
    if call.json is not None:
        content = json.dumps(call.json, separators=(",", ":"), allow_nan=False).encode()
        return Prepared(content=content, media_type="application/json")
    if call.uploads:
        return _multipart(call)
    if call.form is not None:
        content = urlencode(call.form).encode()
        return Prepared(content=content, media_type="application/x-www-form-urlencoded")
    return Prepared(content=call.body or b"")


def _multipart(call: Call) -> Prepared:
    parts = [(_head(name), value.encode()) for name, value in (call.form or {}).items()]
    parts += [
        (_head(upload.part, upload.name, upload.media_type), upload.data) for upload in call.uploads
    ]
    hasher = sha256()
    for head, data in parts:
        hasher.update(b"%d %d " % (len(head), len(data)))
        hasher.update(head)
        hasher.update(data)
    # Made of the content, so that the content cannot hold it.
    boundary = hasher.hexdigest()[:40]
    line = f"--{boundary}".encode()
    pieces = [b"%b\r\n%b\r\n\r\n%b\r\n" % (line, head, data) for head, data in parts]
    return Prepared(
        content=b"".join([*pieces, line, b"--\r\n"]),
        media_type=f"multipart/form-data; boundary={boundary}",
    )


def _head(field: str, name: str = "", media_type: str = "") -> bytes:
    head = f'Content-Disposition: form-data; name="{field.translate(QUOTES)}"'
    if name:
        head += f'; filename="{name.translate(QUOTES)}"\r\nContent-Type: {media_type}'
    return head.encode()
