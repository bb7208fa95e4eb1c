"""One order beside a thousand: `python -m tests.benchmarks.fairness`.

On a real studio and its sandbox. Bob has ordered a thousand pictures when Alice orders one with the
same key, of GPTImage2 Plus, which takes five orders at a time and 600 calls an hour. For a key
without limits see `burst`.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from uuid import UUID

from tests.benchmarks._orders import Desk, rows, seconds
from tests.benchmarks._tree import ROOT, Tree, show, until

ORDERS = 1000
PROVIDER = "gptimage2plus"
# Bob's burst, as the studio places orders.
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
    with tempfile.TemporaryDirectory(prefix="darkroom-bench-") as folder:
        waited, ahead = measure(Tree(Path(folder, "data")))
    table = [
        ("waited", f"{waited:.2f} s", "≤ 2 s"),
        ("orders in the queue before it", str(ahead), ""),
    ]
    show(f"One order beside {ORDERS:,}, with a key that takes five at a time", table)


def measure(tree: Tree) -> tuple[float, int]:
    """How long Alice's order waited, and how many were in the queue before it."""
    with tree:
        desk = Desk(tree)
        tree.post(desk.client, "/keys/sandbox/", {"provider": PROVIDER})
        [key] = rows(tree, "SELECT uid FROM vault_providerkey WHERE provider = ?", PROVIDER)
        desk.key = str(UUID(key["uid"]))
        script = BURST.format(provider=PROVIDER, orders=ORDERS)
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
