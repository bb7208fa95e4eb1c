"""An id that a person found on a provider's page, as its adapter asks for it."""

from __future__ import annotations

from uuid import UUID

import pytest

from studio.providers.catalog import PROVIDERS
from studio.providers.contract import Remembering

every_provider = pytest.mark.parametrize("provider", PROVIDERS.values(), ids=PROVIDERS.keys())
OURS = UUID("3ebe82c2-3abc-4015-9608-901baca54948")


@every_provider
@pytest.mark.parametrize("typed", ["task_01KPQ7J7", " task_01KPQ7J7\n", '"task_01KPQ7J7"'])
def test_it_is_asked_for_and_nothing_is_ordered(provider, typed):
    ticket = provider.ticket(typed)

    call = next(provider.poll(ticket))

    assert (call.method, call.is_billable, call.is_keyless) == ("GET", False, False)
    assert "task_01KPQ7J7" in (call.url.rpartition("/")[2], *call.params.values())


@every_provider
@pytest.mark.parametrize("typed", ["a/../../v1/models", "a?b=c", "a&ids=b", "a#b", "a%2F..", "…"])
def test_no_id_leads_to_another_address(provider, typed):
    call = next(provider.poll(provider.ticket(typed)))

    usual = next(provider.poll(provider.ticket("usual")))
    assert call.url.count("/") == usual.url.count("/")
    assert not {"?", "&", "#", ".."} & set(call.url) or typed in call.params.values()
    assert list(call.params) == list(usual.params)


@every_provider
@pytest.mark.parametrize(
    "typed", ["", " ", "..", "one two", "a,b", "a;b", "<a>", "a\x00", "x" * 501]
)
def test_what_can_be_no_id_makes_no_ticket(provider, typed):
    assert provider.ticket(typed) is None


@every_provider
def test_it_says_what_its_page_calls_an_id(provider):
    assert provider.task_word
    assert provider.trace.isascii()


def test_the_only_one_that_keeps_our_id_is_asked_by_it():
    found = {name: one for name, one in PROVIDERS.items() if isinstance(one, Remembering)}

    assert list(found) == ["chatgpt2api"]
    assert next(found["chatgpt2api"].poll(found["chatgpt2api"].recall(OURS))).params == {
        "ids": str(OURS)
    }
