"""Every way to fail has words: what happened, what was charged, what to do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

from studio.engine.errors import FetchError, WireError
from studio.jobs.errors import PictureError
from studio.jobs.sentences import PICTURES, SENTENCES, picture_sentence, sentence
from studio.providers.errors import Charged, ProviderError


def tree(root: type[Exception]) -> set[type[Exception]]:
    """A class and all that are made from it."""
    return {root}.union(*(tree(child) for child in root.__subclasses__()))


def codes(*roots: type[Exception]) -> set[str]:
    return {error.code for root in roots for error in tree(root)}  # type: ignore[attr-defined]


def written_codes() -> set[str]:
    """The codes that models and the engine put on a submission's row by themselves."""
    calls = re.compile(
        r'(?:\bfail\(|_give_up\(|lose_track\(|reason=|error_code=)\s*(?:"" if \w+ else )?"(\w+)"'
        r'|error_code=.*?"(\w+)" if'
    )
    files = [*Path(settings.BASE_DIR, "studio").glob("jobs/models/*.py")]
    files += Path(settings.BASE_DIR, "studio", "engine").glob("*.py")
    found = [match for file in files for match in calls.findall(file.read_text())]
    return {code for pair in found for code in pair if code}


def test_every_code_of_a_provider_or_a_wire_has_a_sentence() -> None:
    assert codes(ProviderError, WireError) - codes(FetchError) <= set(SENTENCES)


def test_every_code_that_is_written_by_hand_has_a_sentence() -> None:
    found = written_codes()

    assert {"no_secret", "pictures_lost", "interrupted", "stopped_waiting"} <= found
    assert found <= set(SENTENCES)


def test_every_code_of_a_picture_has_words_for_the_tray() -> None:
    assert codes(PictureError, FetchError) <= set(PICTURES)
    assert picture_sentence("something new") == "This picture cannot be used."


@pytest.mark.parametrize("code", SENTENCES)
def test_each_sentence_names_the_provider_and_what_was_charged(code: str) -> None:
    found = sentence(code, provider="APIMart")

    assert found.headline
    assert "%" not in f"{found.headline}{found.text}"
    assert found.text.endswith(".")
    assert "!" not in found.text
    is_free = re.search("nothing was charged|no charge", found.text, re.IGNORECASE)
    assert bool(is_free) != found.may_have_cost


@pytest.mark.promise(3)
@pytest.mark.parametrize("error", sorted(tree(ProviderError), key=lambda error: error.__name__))
def test_what_may_have_been_charged_is_said_to_be_so(error: type[ProviderError]) -> None:
    if error.charged == Charged.MAYBE:
        assert SENTENCES[error.code].may_have_cost


def test_an_unheard_of_code_still_has_words() -> None:
    assert sentence("never_heard_of", provider="APIMart") == sentence(
        "provider_error", provider="APIMart"
    )
