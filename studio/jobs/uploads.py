"""How much may come in at once. Looked at while it streams, so that no more reaches the disk."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from studio.providers.models import MB

MAX_FILES = 16
MAX_FILE = 20 * MB
MAX_BODY = MAX_FILES * MAX_FILE + 4 * MB


class Gate(FileUploadHandler):
    """First among the handlers. What is too large or too many passes as a name and a size.

    Nothing of a stranger's is kept: forms are read before anybody asks who sent them.
    """

    number = 0
    is_shut = False

    def handle_raw_input(self, input_data: Any, META: Any, content_length: int, *_: Any) -> None:  # noqa: N803
        if content_length > MAX_BODY:
            raise RequestDataTooBig(f"{content_length} bytes were announced")

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.number += 1
        self.is_shut = self.number > MAX_FILES or not self.is_from_member

    @property
    def is_from_member(self) -> bool:
        user = getattr(self.request, "user", None)
        return user is not None and user.is_authenticated

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        self.is_shut = self.is_shut or start + len(raw_data) > MAX_FILE
        return None if self.is_shut else raw_data

    def file_complete(self, file_size: int) -> UploadedFile[bytes] | None:
        """The file without its content when it was shut out, else nothing: the next handler's."""
        if not self.is_shut:
            return None
        return UploadedFile(ContentFile(b""), self.file_name, self.content_type, file_size)
