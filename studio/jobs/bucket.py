"""The archive in a bucket of an S3-compatible store: nothing of it lies on this machine.

Files are streamed up and down in pieces. One is whole under its name, or it is not there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Lock
from typing import Any
from uuid import uuid4

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import ContentFile, File
from storages.backends.s3 import S3Storage

PUBLIC_FOR = timedelta(minutes=5)
PIECE = 16 * 1024 * 1024


class BucketError(OSError):
    """The store did not do what it was asked to."""


class BucketFile(File):  # type: ignore[type-arg]
    """A file that arrives while it is read: once, from its beginning."""

    def __init__(self, body: Any, name: str, size: int) -> None:
        super().__init__(body, name)
        self.size = size

    def read(self, size: int = -1) -> bytes:
        with answering():
            piece: bytes = self.file.read(None if size < 0 else size)  # type: ignore[union-attr, arg-type]
        return piece

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        while piece := self.read(chunk_size or self.DEFAULT_CHUNK_SIZE):
            yield piece

    def seekable(self) -> bool:
        return False


class BucketStorage(S3Storage):  # type: ignore[misc]
    """`public_url` is where browsers reach the store, or empty where they need not."""

    def __init__(self, *, addressing_style: str, public_url: str, **options: Any) -> None:
        self.public_url = public_url
        self._one = Lock()
        self._resource: Any = None
        super().__init__(
            **options,
            client_config=_config(addressing_style),
            transfer_config=TransferConfig(multipart_threshold=PIECE, max_concurrency=2),
        )

    @property
    def connection(self) -> Any:
        """One for all threads: each would take a tenth of a second and many megabytes to make."""
        with self._one:
            if self._resource is None:
                self._resource = self._connect(self.endpoint_url)
        return self._resource

    def public_address(self, name: str, *, media_type: str, disposition: str) -> str:
        """An address that shows this file to anybody for PUBLIC_FOR, or nothing."""
        if not self.public_url:
            return ""
        words = {
            "Bucket": self.bucket_name,
            "Key": self._normalize_name(name),
            "ResponseContentType": media_type,
            "ResponseContentDisposition": disposition,
            "ResponseCacheControl": f"private, max-age={PUBLIC_FOR.seconds}",
        }
        client = self._connect(self.public_url).meta.client
        address: str = client.generate_presigned_url(
            "get_object", Params=words, ExpiresIn=PUBLIC_FOR.seconds
        )
        return address

    def check(self) -> None:
        """Write something and take it away again. Raises BucketError."""
        name = f"spool/check-{uuid4()}"
        self.save(name, ContentFile(b"darkroom"))
        self.delete(name)

    def delete(self, name: str) -> None:
        with answering():
            super().delete(name)

    def exists(self, name: str) -> bool:
        with answering():
            found: bool = super().exists(name)
        return found

    def size(self, name: str) -> int:
        with answering():
            length: int = super().size(name)
        return length

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        with answering():
            found: tuple[list[str], list[str]] = super().listdir(path)
        return found

    def get_modified_time(self, name: str) -> datetime:
        with answering():
            at: datetime = super().get_modified_time(name)
        return at

    def _open(self, name: str, mode: str = "rb") -> BucketFile:
        if mode != "rb":
            raise ValueError(f"no file of the archive is opened as {mode!r}")
        client = self.connection.meta.client
        with answering():
            answer = client.get_object(Bucket=self.bucket_name, Key=self._normalize_name(name))
        return BucketFile(answer["Body"], name, answer["ContentLength"])

    def _save(self, name: str, content: File) -> str:  # type: ignore[type-arg]
        with answering():
            saved: str = super()._save(name, content)
        return saved

    def _connect(self, endpoint_url: str) -> Any:
        session = self._create_session()
        return session.resource(
            "s3",
            region_name=self.region_name,
            endpoint_url=endpoint_url,
            config=self.client_config,
        )


def _config(addressing_style: str) -> Config:
    """Checksums only where they must be: not every store knows the newer ones."""
    return Config(
        s3={"addressing_style": addressing_style},
        signature_version="s3v4",
        connect_timeout=5,
        read_timeout=30,
        retries={"total_max_attempts": 4, "mode": "standard"},
        max_pool_connections=32,
        tcp_keepalive=True,
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )


@contextmanager
def answering() -> Iterator[None]:
    """Raises FileNotFoundError for what is not there, and BucketError, which quotes no secret."""
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", "unknown"))
        if code in ("404", "NoSuchKey"):
            raise FileNotFoundError("not in the archive") from error
        raise BucketError(f"the store of pictures answers {code}") from error
    except (BotoCoreError, boto3.exceptions.Boto3Error) as error:
        raise BucketError(f"the store of pictures: {type(error).__name__}") from error
