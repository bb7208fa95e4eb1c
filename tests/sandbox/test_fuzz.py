"""Whatever is sent, the sandbox answers in one of the documented ways."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sandbox.conftest import APIMart

STATUSES = {200, 400, 401, 402, 403, 429, 500, 503}
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
PROMPTS = st.text(st.characters(), max_size=60) | st.builds(
    "{}[{}:{}]".format,
    st.text(max_size=5),
    st.sampled_from(["fast", "slow", "429", "html", "fail", "500", "two", "zzz"]),
    st.integers(0, 99999),
)
LINKS = (
    st.text(max_size=20)
    | st.builds("https://{}".format, st.text(max_size=12))
    | st.builds("data:image/png;base64,{}".format, st.text("abcDEF123+/=", max_size=24))
)
NEARLY = st.fixed_dictionaries(
    {"model": st.just("gpt-image-2"), "prompt": PROMPTS},
    optional={
        "n": st.integers(-1, 12) | SCALARS,
        "size": st.sampled_from(["auto", "1:1", "21:9", "1881x836", "9:9"]) | ANYTHING,
        "resolution": st.sampled_from(["1k", "2k", "4k"]) | ANYTHING,
        "image_urls": st.lists(LINKS, max_size=18) | ANYTHING,
        "official_fallback": st.booleans() | ANYTHING,
        "style": ANYTHING,
    },
)
quick = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def assert_documented(answer: Any) -> None:
    assert answer.status_code in STATUSES
    if answer["Content-Type"].startswith("text/html"):
        assert answer.status_code == 200
    elif answer.status_code == 200:
        (task,) = answer.json()["data"]
        assert task["status"] == "submitted"
        assert len(task["task_id"]) < 300
    else:
        error = answer.json()["error"]
        assert set(error) == {"code", "message", "type"}
        assert error["code"] == answer.status_code


@quick
@given(body=ANYTHING | NEARLY)
def test_any_json_is_answered_in_the_envelope(apimart: APIMart, body: Any) -> None:
    assert_documented(apimart.send(json.dumps(body).encode()))


@quick
@given(body=st.binary(max_size=200))
def test_any_bytes_are_answered_in_the_envelope(apimart: APIMart, body: bytes) -> None:
    assert_documented(apimart.send(body))


@quick
@given(task_id=st.text(st.characters(codec="utf-8", exclude_characters="/?#\\"), max_size=80))
def test_any_task_id_is_answered_in_the_envelope(apimart: APIMart, task_id: str) -> None:
    answer = apimart.http.get(
        f"/sandbox/apimart/v1/tasks/task_{task_id}", headers={"authorization": "Bearer demo"}
    )

    assert answer.status_code == 404
