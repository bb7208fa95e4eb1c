"""What the tests of this room share."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connections

HTMX = {"HX-Request": "true"}


@pytest.fixture
def at_once(transactional_db: None) -> Callable[..., list[Any]]:
    """Runs functions in threads that start together; their results in the same order."""

    def run(*calls: Callable[[], Any]) -> list[Any]:
        barrier = Barrier(len(calls))
        results: list[Any] = [None] * len(calls)

        def work(number: int) -> None:
            barrier.wait()
            try:
                results[number] = calls[number]()
            except Exception as error:  # noqa: BLE001 - the test looks at it
                results[number] = error
            finally:
                connections.close_all()

        threads = [Thread(target=work, args=[number]) for number in range(len(calls))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results

    return run
