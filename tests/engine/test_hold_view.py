"""What people see of a hold, and how an admin lifts it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from studio.accounts.models import User
from studio.engine import hold
from studio.engine.models import Hold, Reason
from studio.jobs.models import Submission
from tests.conftest import make_job, signed_in

BANNER = 'id="hold"'
NOT_BEFORE = "until an admin resumes it"


@pytest.fixture
def restored(bob: User) -> Hold:
    """With one order that waited in the backup."""
    make_job(bob, prompt="a lighthouse on ridges of paper")
    return hold.begin(Reason.RESTORED, by="manage.py", doubtful_until=timezone.now())


def text(client: Client, name: str) -> str:
    return client.get(reverse(name)).content.decode()


@pytest.mark.parametrize("name", ["studio", "keys", "team", "profile"])
def test_every_page_says_so_and_an_admin_is_led_to_the_button(
    restored: Hold, as_alice: Client, as_bob: Client, name: str
):
    member, admin = text(as_bob, name), text(as_alice, name)

    assert BANNER in member
    assert NOT_BEFORE in member
    assert reverse("hold") not in member
    assert "1 order from the backup" not in member
    assert reverse("hold") in admin
    assert "1 order from the backup may have been sent elsewhere." in admin


def test_a_studio_that_is_not_on_hold_says_nothing(as_alice: Client):
    assert BANNER not in text(as_alice, "studio")
    assert as_alice.get(reverse("hold"))["Location"] == reverse("studio")
    assert as_alice.post(reverse("hold-resume"))["Location"] == reverse("studio")


def test_a_waiting_card_says_why(restored: Hold, as_bob: Client):
    page = text(as_bob, "studio")

    assert "The studio is on hold. Nothing is sent or charged until an admin resumes it." in page
    assert "It goes out in a moment." not in page


def test_orders_can_be_placed_and_the_page_asks_no_more_than_before(
    restored: Hold, as_bob: Client, django_assert_max_num_queries: Any
):
    with django_assert_max_num_queries(13):
        as_bob.get(reverse("studio"))


def test_the_page_names_the_orders_and_does_not_send_by_default(restored: Hold, as_alice: Client):
    page = text(as_alice, "hold")

    assert "a lighthouse on ridges of paper" in page
    assert 'value="aside" class="check" id="id_doubtful_0" checked' in page
    assert page.count(" checked") >= 1


@pytest.mark.promise(46)
@pytest.mark.parametrize(
    ("data", "status"),
    [({}, "cancelled"), ({"doubtful": "aside"}, "cancelled"), ({"doubtful": "send"}, "queued")],
)
def test_the_button_lifts_the_hold(
    restored: Hold, as_alice: Client, data: dict[str, str], status: str
):
    response = as_alice.post(reverse("hold-resume"), data, follow=True)

    assert "The studio goes on." in response.content.decode()
    assert not hold.is_on()
    assert Submission.objects.get().status == status
    restored.refresh_from_db()
    assert (restored.lifted_by, restored.lifted_at is not None) == ("Alice Admin", True)


@pytest.mark.promise(35)
def test_a_choice_that_there_is_not_lifts_nothing(restored: Hold, as_alice: Client):
    response = as_alice.post(reverse("hold-resume"), {"doubtful": "all"})

    assert response.status_code == 200
    assert hold.is_on()
    assert Submission.objects.get().status == "queued"


def test_what_was_set_aside_tells_its_owner(restored: Hold, as_alice: Client, bob: User):
    as_alice.post(reverse("hold-resume"))

    page = text(signed_in(bob), "studio")

    assert "Not sent from here" in page
    assert "check your account there before you send it again" in page
    assert "Try again" in page
