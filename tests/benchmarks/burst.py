"""1,000 orders at once, and one more: `python -m tests.benchmarks.burst`.

One member places 1,000 orders and another one a single order behind them, with keys of their own
and with one key. The provider takes half a second to accept an order. With the word `postgres`: on
a PostgreSQL of its own.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.benchmarks._flight import environment, prepare
from tests.benchmarks._still import Still
from tests.benchmarks._tree import Tree, show, until

ORDERS = 1000
SECONDS = 0.5


def main() -> None:
    database = sys.argv[1] if sys.argv[1:] else ""
    with (
        tempfile.TemporaryDirectory(prefix="darkroom-bench-") as folder,
        environment(database) as env,
        Still(SECONDS) as still,
    ):
        tree = Tree(Path(folder, "data"), **env)
        prepare(tree.environment)
        alice, bob = members(still.url)
        with tree:
            time.sleep(3)
            apart = place(still, alice, bob, bob_uses=bob["key"])
            shared = place(still, alice, bob, bob_uses=alice["key"])
    rows = [
        ("all accepted after", f"{max(apart[0], shared[0]):.1f} s", ""),
        ("the single order, a key of its own", f"{apart[1]:.1f} s", "≤ 2 s"),
        ("the single order, the same key", f"{shared[1]:.1f} s", "≤ 2 s"),
        ("accepted twice", str(still.orders - 2 * (ORDERS + 1)), "0"),
    ]
    show(f"{ORDERS:,} orders at once, accepted in {SECONDS} s each (the worse of two)", rows)


def members(url: str) -> list[dict[str, Any]]:
    from studio.accounts.models import Role, Studio, User
    from studio.vault.models import ProviderKey

    Studio.objects.create(name="Bench")
    found = []
    for name in ("Alice", "Bob"):
        user = User.objects.create_user(f"{name}@example.com", "x" * 20, name=name, role=Role.ADMIN)
        key = ProviderKey(owner=user, provider="apimart", base_url=url, is_shared=True)
        key.set_secret(f"sk-bench-{uuid4().hex}")
        found.append({"user": user, "key": key})
    return found


def place(
    still: Still, alice: dict[str, Any], bob: dict[str, Any], *, bob_uses: Any
) -> tuple[float, float]:
    """Seconds from the commit until all orders are accepted, and until the single one was sent."""
    from django.db import transaction

    from studio.jobs import actions
    from studio.jobs.models import Submission
    from studio.providers.orders import Order

    order = Order(prompt="A lighthouse on ridges of paper", model="gpt-image-2", ratio="1:1")
    before = still.count("orders")
    with transaction.atomic():
        for _ in range(ORDERS):
            actions.place(alice["user"], key=alice["key"], order=order, form_token=uuid4())
        job = actions.place(bob["user"], key=bob_uses, order=order, form_token=uuid4())
    began, placed_at = time.monotonic(), time.time()
    waiting = Submission.objects.filter(status__in=["queued", "submitting"])
    until(lambda: not waiting.exists(), within=300, what="all accepted")
    took = time.monotonic() - began
    still.orders = still.count("orders")
    assert still.orders - before >= ORDERS
    sent_at = Submission.objects.get(job=job).sent_at
    return took, sent_at.timestamp() - placed_at


if __name__ == "__main__":
    main()
