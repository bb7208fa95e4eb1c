"""Orders for chatgpt2api and its answers."""

from __future__ import annotations

import base64

from studio.providers.calls import Response
from studio.providers.chatgpt2api import ChatGPT2API
from studio.providers.orders import Order, Reference
from tests.providers.driving import SUBMISSION, answer, run

chatgpt2api = ChatGPT2API()
MODEL = chatgpt2api.models[1]
ID = str(SUBMISSION)
PROMPT = "请生成一张图片：一只橘猫坐在月光窗台上，水彩风格，只输出图片。"
PNG = b"\x89PNG picture"
ACCEPTED = {
    "task_id": ID,
    "poll_url": f"/api/image-tasks?ids={ID}",
    "task": {"id": ID, "status": "queued", "model": "gpt-image-2-5.5", "n": 1},
}
PUBLIC = "https://img.2capi.com/api/public/images/img_xxx.png"
GALLERY = {"public_image_id": "img_xxx", "image_url_public": PUBLIC}


def submit(order: Order, *answers: Response):
    return run(chatgpt2api.submit(order, submission_id=SUBMISSION), *answers)


def submit_again(*answers: Response):
    return run(chatgpt2api.submit_again(an_order(), submission_id=SUBMISSION), *answers)


def poll(*answers: Response):
    return run(chatgpt2api.poll({"task_id": ID}), *answers)[1]


def an_order(**fields) -> Order:
    return Order(**{"prompt": PROMPT, "model": "gpt-image-2-5.5", **fields})


def a_reference(size: int = 11, kind: str = "png") -> Reference:
    return Reference(media_type=f"image/{kind}", size=size, data=PNG.ljust(size, b"."))


def an_item(**fields) -> dict:
    return {"id": ID, **fields}


def items(*rows) -> Response:
    return answer(200, {"items": list(rows)})


def coded(data: bytes) -> dict:
    return {"b64_json": base64.b64encode(data).decode(), "file_id": "sed:file_xxx"}
