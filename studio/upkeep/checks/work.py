"""What goes on: workers, pumps, the queue, the hold."""

from __future__ import annotations

from django.conf import settings
from django.db.models.functions import Now

from studio.engine import health, hold
from studio.engine.leases import shards_without_pump
from studio.engine.models import Lease, PumpReport
from studio.jobs.models import Submission
from studio.jobs.states import Status
from studio.upkeep.checks.finding import Finding, Scope, counted, fail, ok, warn


def check_workers(scope: Scope) -> Finding:
    facts, reason = health.run(health.check_workers)
    if reason:
        return fail(reason, "Start the studio; if it runs, its log says why no worker does.")
    return ok(f"The workers showed a sign of life {facts['heartbeat_age_seconds']} s ago.")


def check_pumps(scope: Scope) -> Finding:
    """A lag is how much later than planned a poll began."""
    pumping = Lease.objects.filter(until__gte=Now()).count()
    reports = list(PumpReport.objects.filter(shard__lt=settings.STUDIO_SHARDS))
    flying = Submission.objects.filter(status__in=[Status.SUBMITTING, Status.RUNNING]).count()
    lag = max((one.lag_p95 for one in reports if one.lag_p95 is not None), default=None)
    says = f"{pumping} of {settings.STUDIO_SHARDS} pumping, {flying} in flight"
    if lag is not None:
        says += f", polls {lag:.1f} s late at most (p95)"
    if idle := shards_without_pump():
        shards = ", ".join(map(str, idle))
        return warn(
            f"{says}; shard {shards} has work and no pump.",
            "It should be taken up within 20 s. If not, see whether the workers run.",
        )
    return ok(f"{says}.")


def check_queue(scope: Scope) -> Finding:
    facts, reason = health.run(health.check_queue)
    if reason:
        return fail(reason, "Start more workers (STUDIO_WORKERS), or see why they hang in the log.")
    ages = {"order": facts.get("oldest_order_seconds"), "hint": facts.get("oldest_message_seconds")}
    waiting = [f"oldest {what} {age} s" for what, age in ages.items() if age is not None]
    return ok(f"{', '.join(waiting) or 'Nothing'} waiting.".capitalize())


def check_hold(scope: Scope) -> Finding:
    found = hold.current()
    if found is None:
        return ok("The studio is not on hold.")
    plan = hold.plan(found)
    waiting = counted(plan.doubtful + plan.waiting, "order waits", "orders wait")
    return warn(
        f"On hold since {found.since:%Y-%m-%d %H:%M %Z} ({found.reason}): {waiting}.",
        "`manage.py resume` says what will happen, and asks.",
    )
