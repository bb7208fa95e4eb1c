"""Pages are sent compressed to browsers that take it; pictures never."""

from __future__ import annotations

import gzip
from pathlib import Path

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.test import Client, RequestFactory

from studio.compression import PageGZipMiddleware

TEXT = "a page with a good deal of text in it " * 40


def answered(response: HttpResponseBase) -> HttpResponseBase:
    def view(request: HttpRequest) -> HttpResponseBase:
        return response

    request = RequestFactory(headers={"accept-encoding": "gzip, br"}).get("/")
    return PageGZipMiddleware(view)(request)


def test_a_page_is_compressed(as_alice: Client):
    plain = as_alice.get("/")
    compressed = as_alice.get("/", headers={"accept-encoding": "gzip"})

    assert "Content-Encoding" not in plain.headers
    assert compressed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in compressed.headers["Vary"]
    assert len(compressed.content) < len(plain.content) / 2
    assert b"<!doctype html>" in gzip.decompress(compressed.content)


def test_a_picture_is_sent_as_it_is():
    response = answered(HttpResponse(TEXT, content_type="image/png"))

    assert "Content-Encoding" not in response.headers
    assert response.content == TEXT.encode()


def test_a_file_is_sent_as_it_is(db: None, tmp_path: Path):
    path = tmp_path / "page.html"
    path.write_text(TEXT)

    response = answered(FileResponse(path.open("rb"), content_type="text/html"))

    assert "Content-Encoding" not in response.headers
    assert b"".join(response.streaming_content) == TEXT.encode()
    response.close()
