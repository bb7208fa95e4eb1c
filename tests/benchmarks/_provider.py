"""A pretend APIMart that draws nothing: it costs the machine next to nothing and knows the time."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

from PIL import Image

from tests.benchmarks._loopback import Handler, Loopback

HOME = "/sandbox/apimart"


@dataclass(kw_only=True)
class Order:
    """Times: seconds since 1970."""

    prompt: str
    posted_at: float
    done_at: float


class ProviderHandler(Handler):
    def post(self) -> None:
        posted_at = time.time()
        task_id = self.server.owner.take(json.loads(self.body())["prompt"], posted_at)
        self.answer_json({"code": 200, "data": [{"status": "submitted", "task_id": task_id}]})

    def get(self) -> None:
        provider, name = self.server.owner, self.path.rpartition("/")[2]
        if name.endswith(".png"):
            self.answer(provider.picture, "image/png")
            return
        order = provider.orders[int(name.removeprefix("task_"))]
        data: dict[str, object] = {"id": name, "status": "processing", "progress": 50}
        if time.time() >= order.done_at:
            images = [{"url": [f"{provider.url}{HOME}/{name}.png"]}]
            data |= {"status": "completed", "progress": 100, "result": {"images": images}}
        self.answer_json({"code": 200, "data": data})


class Provider(Loopback):
    """Every order is done `seconds()` after it came, with the same picture for all."""

    handler = ProviderHandler

    def __init__(self, seconds: Callable[[], float], picture: bytes) -> None:
        super().__init__()
        self.seconds, self.picture = seconds, picture
        self.orders: list[Order] = []
        self.lock = threading.Lock()

    def take(self, prompt: str, posted_at: float) -> str:
        with self.lock:
            done_at = posted_at + self.seconds()
            self.orders.append(Order(prompt=prompt, posted_at=posted_at, done_at=done_at))
            return f"task_{len(self.orders) - 1}"

    def order_of(self, prompt: str) -> Order:
        return next(order for order in self.orders if order.prompt == prompt)

    def most_at_once(self) -> int:
        """How many orders were in the making at the same time."""
        return max(
            sum(one.posted_at <= order.posted_at < one.done_at for one in self.orders)
            for order in self.orders
        )


def picture(width: int, height: int, *, noise: int) -> bytes:
    """A PNG; noise from 0 to 255 makes it heavier."""
    grain = Image.effect_noise((width, height), noise)
    ramp = Image.linear_gradient("L").resize((width, height))
    buffer = BytesIO()
    Image.merge("RGB", (ramp, grain, ramp.rotate(180))).save(buffer, "PNG")
    return buffer.getvalue()
