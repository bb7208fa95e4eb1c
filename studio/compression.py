"""Pages travel compressed; pictures and downloads, which gain nothing by it, as they are.

A page holds no secret that an attacker could guess by its length: the CSRF token is masked anew
in every answer, and Django pads what it compresses by a random length.
"""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class PageGZipMiddleware(GZipMiddleware):
    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        media_type = response.headers.get("Content-Type", "").partition(";")[0]
        if response.streaming or media_type != "text/html":
            return response
        return super().process_response(request, response)
