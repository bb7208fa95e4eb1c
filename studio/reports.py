"""Reports of unexpected errors, DEBUG pages too: what a person posted stays out of them."""

from __future__ import annotations

from types import FrameType
from typing import Any

from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter


class ReportFilter(SafeExceptionReporterFilter):
    """Names of fields and variables, never their values: any of them may hold a key."""

    def is_active(self, request: HttpRequest | None) -> bool:
        return True

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        return dict.fromkeys(request.POST if request else (), self.cleansed_substitute)

    def get_traceback_frame_variables(
        self,
        request: HttpRequest | None,
        tb_frame: FrameType,
    ) -> Any:
        return dict.fromkeys(tb_frame.f_locals, self.cleansed_substitute).items()
