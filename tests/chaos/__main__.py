"""The long run: `python -m tests.chaos --minutes 10 --jobs 2000 --seed 7`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.chaos.report import report
from tests.chaos.run import Script, run
from tests.services import Services

A_MINUTE = (
    *("kill pump", "kill any", "kill any", "kill supervisor", "restart"),
    *("lock 4", "stop_pump 18", "lose_messages"),
)
FOR = {"sqlite": ("fill 3",), "services": ("cut",)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--jobs", type=int, default=2000)
    parser.add_argument("--keys", type=int, default=8, help="of each provider")
    parser.add_argument("--rate", type=float, default=0.3, help="of requests that meet a fault")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--stack", choices=("sqlite", "services"), default="sqlite")
    options = parser.parse_args()
    script = Script(
        seed=options.seed,
        jobs=options.jobs,
        seconds=options.minutes * 60,
        within=600,
        keys=options.keys,
        rate=options.rate,
        hang=90.0,
        steps=(*A_MINUTE, *FOR[options.stack]) * max(1, round(options.minutes)),
    )
    with (
        tempfile.TemporaryDirectory(prefix="darkroom-chaos-") as folder,
        ExitStack() as stack,
    ):
        services = Services(stack) if options.stack == "services" else None
        text, is_kept = report(run(script, Path(folder), services))
    print(text)
    sys.exit(0 if is_kept else 1)


if __name__ == "__main__":
    main()
