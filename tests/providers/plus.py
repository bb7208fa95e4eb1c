"""What the tests of GPTImage2 Plus share: its answers, and an order."""

from __future__ import annotations

from studio.providers.calls import Response
from studio.providers.gptimage2plus import GPTImage2Plus
from studio.providers.orders import Order, Reference
from tests.providers.driving import SUBMISSION, answer, run

plus = GPTImage2Plus()
MODEL = plus.models[0]
TICKET = {"generation_id": "gen_1"}
ACCEPTED = answer(202, {"generationId": "gen_1", "status": "queued"})
SIGNED = "https://r2.example/inputs/a.png?X-Amz-Signature=5ecre7&X-Amz-Expires=300"
PRESIGNED = answer(200, {"url": SIGNED, "key": "inputs/a.png"})
STORED = answer(200, "")
LIMITS = {"x-ratelimit-limit": "600", "x-ratelimit-remaining": "587"}
NOON = "Sun, 26 Apr 2026 12:00:00 GMT"
NOON_SECONDS = 1777204800
SUCCEEDED = {
    "id": "gen_1",
    "type": "text2img",
    "status": "succeeded",
    "outputs": [
        {
            "png": "https://cdn.example/a.png",
            "webp": "https://cdn.example/a.webp",
            "width": 1024,
            "height": 1024,
        }
    ],
    "error": None,
    "costCredits": 1,
    "createdAt": "2026-04-26T01:23:45.000Z",
    "completedAt": "2026-04-26T01:23:50.000Z",
}


def an_order(**fields) -> Order:
    return Order(**{"prompt": "a lighthouse, 35 mm", "model": "gpt-image-2", **fields})


def a_reference(data=b"png", media_type="image/png") -> Reference:
    return Reference(media_type=media_type, size=len(data), data=data)


def submit(order: Order, *answers: Response):
    return run(plus.submit(order, submission_id=SUBMISSION), *answers)


def poll(*answers: Response):
    return run(plus.poll(TICKET), *answers)[1]
