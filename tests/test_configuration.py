"""docs/configuration.md names every variable that the settings read, with its default."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from studio import env as environment

ROOT = Path(__file__).resolve().parent.parent
ROW = re.compile(r"^\| `([A-Z]+_[A-Z_]+)` \| (.+?) \| .+ \|$", re.MULTILINE)


def rows() -> dict[str, str]:
    """Variable → default, as the document says."""
    return dict(ROW.findall((ROOT / "docs" / "configuration.md").read_text()))


def read_by_settings() -> dict[str, str | None]:
    """Variable → default where the settings give a plain one."""
    found: dict[str, str | None] = {}
    for node in ast.walk(ast.parse((ROOT / "studio" / "settings.py").read_text())):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "").startswith("env"):
            values = [
                *node.args[1:2],
                *(word.value for word in node.keywords if word.arg == "default"),
            ]
            plain = [value.value for value in values if isinstance(value, ast.Constant)]
            found[node.args[0].value] = str(plain[0]) if plain else None
    return found


def test_every_variable_has_its_row_and_no_row_is_left_over():
    assert set(rows()) == set(read_by_settings())


def test_the_rows_tell_the_defaults():
    for name, default in read_by_settings().items():
        if default is not None:
            assert rows()[name].strip("`").lower() == default.lower(), name


def test_an_empty_value_is_the_default(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("STUDIO_BIND", "")

    assert environment.env_bind("STUDIO_BIND", "127.0.0.1:8000") == ("127.0.0.1", 8000)


def test_a_value_may_lie_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    (tmp_path / "port").write_text("25\n")
    monkeypatch.setenv("STUDIO_EMAIL_PORT_FILE", str(tmp_path / "port"))

    assert environment.env_int("STUDIO_EMAIL_PORT", 587) == 25


@pytest.mark.parametrize(
    ("read", "value", "complaint"),
    [
        (lambda: environment.env_bind("X", "127.0.0.1:8000"), "8000", "must look like"),
        (lambda: environment.env_bool("X", default=True), "perhaps", "one of true, false"),
        (lambda: environment.env_int("X", 3, least=2), "1", "from 2 up"),
        (lambda: environment.env_url("X"), "studio.example.com", "must look like https://"),
        (
            lambda: environment.env_zone("X", "UTC"),
            "Europe/Atlantis",
            "must look like Europe/Berlin",
        ),
        (
            lambda: environment.env_zone("X", "UTC"),
            "../../etc/passwd",
            "must look like Europe/Berlin",
        ),
        (lambda: environment.env_choice("X", "A", ("A", "B")), "C", "one of A, B"),
    ],
)
def test_a_bad_value_is_named_in_one_line(read, value, complaint, monkeypatch):
    monkeypatch.setenv("X", value)

    with pytest.raises(ImproperlyConfigured) as caught:
        read()

    message = str(caught.value)
    assert message.startswith(f"X is “{value}”")
    assert complaint in message
    assert "\n" not in message
