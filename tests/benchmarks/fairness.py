"""One order beside a thousand: `python -m tests.benchmarks.fairness`.

On a real studio. Bob has ordered a thousand pictures when Alice orders one with the same key: once
with a key without documented limits, once with one that takes five orders at a time.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from uuid import UUID

from tests.benchmarks._orders import Desk, rows, seconds
from tests.benchmarks._provider import Provider, picture
from tests.benchmarks._tree import ROOT, Tree, show, until

ORDERS = 1000
# Bob's burst, as the studio places orders. arguments: the provider and how many.
BURST = """
from uuid import uuid4
from studio.accounts.models import User
from studio.jobs import actions
from studio.providers.catalog import PROVIDERS
from studio.providers.orders import Order
from studio.vault.models import ProviderKey

bob, _ = User.objects.get_or_create(email="bob@example.com", defaults={{"name": "Bob"}})
key = ProviderKey.objects.get(provider="{provider}")
key.share(is_shared=True)
order = Order(prompt="a vase [slow:60]", model=PROVIDERS["{provider}"].models[0].id, ratio="3:2")
for _ in range({orders}):
    actions.place(bob, key=key, order=order, form_token=uuid4())
"""
WAITED = """
SELECT submission.created_at AS placed, submission.sent_at AS sent
FROM jobs_submission submission JOIN jobs_job job ON job.id = submission.job_id
WHERE job.prompt = 'a cat [slow:60]'
"""
QUEUED = "SELECT count(*) AS n FROM jobs_submission WHERE status = 'queued'"


def main() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="darkroom-bench-") as folder,
        Provider(lambda: 60.0, picture(256, 256, noise=20)) as provider,
    ):
        free = measure(provider.studio(Path(folder, "free")), "apimart")
        five = measure(Tree(Path(folder, "five")), "gptimage2plus")
    table = [
        ("no documented limit: waited", f"{free[0]:.2f} s", "≤ 2 s"),
        ("orders in the queue then", str(free[1]), ""),
        ("five at a time: waited", f"{five[0]:.2f} s", "≤ 2 s"),
        ("orders in the queue then", str(five[1]), ""),
    ]
    show(f"One order beside {ORDERS:,} of another member, with the same key", table)


def measure(tree: Tree, provider: str) -> tuple[float, int]:
    """How long Alice's order waited, and how many were in the queue before it."""
    with tree:
        desk = Desk(tree)
        tree.post(desk.client, "/keys/sandbox/", {"provider": provider})
        [key] = rows(tree, "SELECT uid FROM vault_providerkey WHERE provider = ?", provider)
        desk.key = str(UUID(key["uid"]))
        script = BURST.format(provider=provider, orders=ORDERS)
        subprocess.run(
            tree.command("shell", "-c", script), cwd=ROOT, env=tree.environment, check=True
        )
        ahead = rows(tree, QUEUED)[0]["n"]
        desk.place("a cat [slow:60]", resolution="")
        until(
            lambda: (found := rows(tree, WAITED)) and found[0]["sent"],
            within=120,
            what="the order sent",
        )
        [row] = rows(tree, WAITED)
    return seconds(row["sent"]) - seconds(row["placed"]), ahead


if __name__ == "__main__":
    main()
