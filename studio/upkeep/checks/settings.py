"""What the operator chose: where the studio is reached, and what it gives away."""

from __future__ import annotations

from smtplib import SMTPException

from django.conf import settings
from django.core.mail import get_connection

from studio.upkeep.checks.finding import Finding, Scope, fail, ok, warn


def check_address(scope: Scope) -> Finding:
    public = settings.STUDIO_PUBLIC_URL
    if "*" in settings.ALLOWED_HOSTS:
        return warn(
            "It is bound to the network and answers to every host name.",
            "Set STUDIO_PUBLIC_URL, or STUDIO_ALLOWED_HOSTS.",
        )
    if not public:
        return ok("STUDIO_PUBLIC_URL is not set: providers cannot call, pictures are polled for.")
    if not settings.IS_HTTPS:
        return warn(
            f"{public} is not https: passwords and pictures travel in the open.",
            "Put a proxy with a certificate in front: docs/deployment.md.",
        )
    return ok(f"It is reached at {public}.")


def check_proxies(scope: Scope) -> Finding:
    """Behind https there is a proxy; without being told, everybody seems to come from it."""
    count = settings.STUDIO_TRUSTED_PROXIES
    if settings.IS_HTTPS and not count:
        return warn(
            "A proxy holds the certificate, and none is trusted: all members share one address,"
            " and failed sign-ins of one lock out all.",
            "Set STUDIO_TRUSTED_PROXIES=1.",
        )
    return ok(f"STUDIO_TRUSTED_PROXIES is {count}.")


def check_debug(scope: Scope) -> Finding:
    if settings.DEBUG:
        return fail("STUDIO_DEBUG shows traces to whoever meets an error.", "Unset STUDIO_DEBUG.")
    return ok("Traces are shown to nobody.")


def check_mail(scope: Scope) -> Finding:
    """Signs in at the mail server and sends nothing."""
    host = settings.EMAIL_HOST
    if not host:
        return ok("No mail server is set: admins hand out links instead.")
    try:
        with get_connection():
            return ok(f"{host} takes mail.")
    except (OSError, SMTPException) as error:
        return fail(
            f"{host} does not take mail: {type(error).__name__}.",
            "See STUDIO_EMAIL_HOST and below.",
        )
