"""The buttons under an unknown outcome, over HTTP."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from studio.accounts.models import User
from studio.jobs.models import Job, Submission
from studio.jobs.states import Status
from studio.vault.models import ProviderKey
from tests.conftest import make_key, signed_in
from tests.jobs.composing import HTMX
from tests.pages.scenes import scene

pytestmark = pytest.mark.django_db

ENDS = {
    "look-up": ("unknown", 1),
    "charged": ("failed", 1),
    "not-charged": ("failed", 1),
    "send-again": ("queued", 2),
}
FOUND = {"task_id": "task_01K"}
CLICKS = r'(?:hx-post|formaction|action)="/outcomes/[0-9a-f-]+/([a-z-]+)"'


@pytest.fixture
def key(bob: User) -> ProviderKey:
    return make_key(bob, label="Bench", last_four="9c1e")


@pytest.fixture
def doubt(bob: User, key: ProviderKey) -> Submission:
    return doubtful(bob, key)


def doubtful(owner: User, key: ProviderKey, code: str = "answer_lost", **facts: Any) -> Submission:
    job = scene(owner, key, Status.UNKNOWN, error=code)
    job.submissions.update(sent_at=timezone.now(), accepted_at=None, **facts)
    return Submission.objects.select_related("job").get(job=job)


def address(doubt: Submission, action: str) -> str:
    return f"/outcomes/{doubt.pk}/{action}"


def state(doubt: Submission) -> tuple[str, int]:
    return Job.objects.get(pk=doubt.job_id).status, doubt.job.submissions.count()


def buttons(html: str) -> set[str]:
    return set(re.findall(CLICKS, html))


def card_in(html: str, doubt: Submission) -> str:
    return html.partition(f'id="job-{doubt.job_id}"')[2].partition("</article>")[0]


@pytest.mark.parametrize("action", ENDS)
def test_on_the_page_a_decision_leads_back(as_bob: Client, doubt: Submission, action: str) -> None:
    response = as_bob.post(address(doubt, action), FOUND)

    assert (response.status_code, response["Location"]) == (302, f"/jobs/{doubt.job.uid}")
    assert state(doubt) == ENDS[action]


@pytest.mark.parametrize("action", ENDS)
def test_on_the_sheet_the_answer_is_the_card(
    as_bob: Client, doubt: Submission, action: str
) -> None:
    html = as_bob.post(address(doubt, action), FOUND, headers=HTMX).content.decode()

    assert f'id="job-{doubt.job_id}" data-state="{ENDS[action][0]}"' in html
    assert "<html" not in html


@pytest.mark.parametrize("action", ENDS)
def test_they_take_no_link_and_no_other_site(
    as_bob: Client, bob: User, doubt: Submission, action: str
) -> None:
    foreign = Client(enforce_csrf_checks=True)
    foreign.force_login(bob, backend="studio.accounts.backends.EmailBackend")

    assert as_bob.get(address(doubt, action)).status_code == 405
    assert foreign.post(address(doubt, action), FOUND).status_code == 403
    assert state(doubt) == ("unknown", 1)


@pytest.mark.promise(34)
@pytest.mark.parametrize("action", ENDS)
def test_the_keys_owner_and_an_admin_may_and_a_stranger_gets_404(
    as_alice: Client, as_charlie: Client, bob: User, charlie: User, action: str
) -> None:
    dora = User.objects.create_user("dora@example.com", name="Dora Stranger")
    lent = make_key(charlie, is_shared=True)
    first, second = doubtful(bob, lent), doubtful(bob, lent)

    assert signed_in(dora).post(address(first, action), FOUND).status_code == 404
    assert state(first) == ("unknown", 1)
    assert as_charlie.post(address(first, action), FOUND).status_code == 302
    assert as_alice.post(address(second, action), {"task_id": "task_02"}).status_code == 302
    assert [state(first), state(second)] == [ENDS[action]] * 2


@pytest.mark.promise(12)
def test_a_double_click_sends_once(as_bob: Client, doubt: Submission) -> None:
    for _ in range(2):
        as_bob.post(address(doubt, "send-again"), headers=HTMX)

    assert state(doubt) == ("queued", 2)


def test_who_comes_second_is_told_so(as_alice: Client, as_bob: Client, doubt: Submission) -> None:
    as_bob.post(address(doubt, "charged"))

    html = as_alice.post(address(doubt, "send-again"), follow=True).content.decode()

    assert "decided already" in html
    assert "Bob Member decided on" in html
    assert state(doubt) == ("failed", 1)


@pytest.mark.parametrize("task_id", ["", "two words"])
def test_an_id_that_can_be_none_is_refused_in_words(
    as_bob: Client, doubt: Submission, task_id: str
) -> None:
    url = address(doubt, "look-up")

    html = as_bob.post(url, {"task_id": task_id}, follow=True).content.decode()

    assert "Enter the id alone" in html
    assert not Submission.objects.exclude(sought_at=None).exists()


# What is shown ----------------------------------------------------------------------------------


def test_the_card_offers_what_can_be_done(as_bob: Client, doubt: Submission) -> None:
    html = card_in(as_bob.get("/").content.decode(), doubt)

    assert buttons(html) == {"charged", "send-again"}
    assert f'href="/jobs/{doubt.job.uid}#outcome"' in html
    assert f'aria-label="Not charged, send again: job {doubt.job_id}"' in html
    assert "you pay for both" in html
    assert f'name="calm" value="{doubt.job_id}.' in html


def test_a_provider_that_can_be_asked_is_asked_with_one_click(as_bob: Client, bob: User) -> None:
    doubt = doubtful(bob, make_key(bob, provider="chatgpt2api"))

    html = card_in(as_bob.get("/").content.decode(), doubt)

    assert buttons(html) == {"look-up", "send-again"}
    assert "you pay for both" not in html


def test_others_see_what_happened_and_no_buttons(as_charlie: Client, doubt: Submission) -> None:
    sheet = card_in(as_charlie.get("/").content.decode(), doubt)
    page = as_charlie.get(f"/jobs/{doubt.job.uid}").content.decode()

    assert buttons(sheet) == buttons(page) == set()
    assert ">Bob Member or an admin can decide" in page


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("timed_out", "did not answer in time"),
        ("answer_lost", "connection dropped"),
        ("interrupted", "was interrupted"),
        ("broken_answer", "could not be read"),
        ("answer_too_large", "too long to be read"),
    ],
)
def test_the_page_says_what_happened_and_what_to_look_for(
    as_bob: Client, bob: User, key: ProviderKey, code: str, words: str
) -> None:
    doubt = doubtful(bob, key, code)

    html = as_bob.get(f"/jobs/{doubt.job.uid}").content.decode()
    panel = html.partition('id="outcome"')[2].partition("</section>")[0]

    assert words in panel
    assert "may have charged" in panel
    assert "Bench …9c1e" in panel
    assert doubt.sent_at is not None
    assert doubt.sent_at.strftime("%Y-%m-%d %H:%M:%S UTC") in panel
    assert "an orange cat on a moonlit window sill" in panel
    assert buttons(panel) == {"look-up", "charged", "send-again"}


@pytest.mark.parametrize(
    ("provider", "trace"),
    [
        ("aigptimage", "X-Request-ID"),
        ("chatgpt2api", "client_task_id"),
        ("gptimage2plus", "Idempotency-Key"),
        ("apimart", ""),
        ("apimodels", ""),
    ],
)
def test_our_id_is_shown_where_the_provider_was_told_it(
    as_bob: Client, bob: User, provider: str, trace: str
) -> None:
    doubt = doubtful(bob, make_key(bob, provider=provider))

    html = as_bob.get(f"/jobs/{doubt.job.uid}").content.decode()
    panel = html.partition("<dl")[2].partition("</dl>")[0]

    assert (f"<dt>{trace}</dt>" in panel) == bool(trace)
    assert (str(doubt.pk) in panel) == bool(trace)


def test_without_the_key_nothing_is_asked_or_sent(
    as_bob: Client, doubt: Submission, key: ProviderKey
) -> None:
    key.delete_softly()

    html = as_bob.get(f"/jobs/{doubt.job.uid}").content.decode()

    assert buttons(html) == {"charged", "not-charged"}
    assert "The key is gone, so the studio cannot ask." in html


def test_while_it_is_looked_up_the_page_asks_for_itself(as_bob: Client, doubt: Submission) -> None:
    card = as_bob.post(address(doubt, "look-up"), FOUND, headers=HTMX).content.decode()
    page = as_bob.get(f"/jobs/{doubt.job.uid}").content.decode()

    assert "is being asked" in card
    assert f'name="since" value="{doubt.job_id}.' in card
    assert 'id="job-body" data-poll' in page


def test_what_looking_it_up_came_to_is_told(as_bob: Client, doubt: Submission) -> None:
    as_bob.post(address(doubt, "look-up"), FOUND)
    Submission.objects.get(pk=doubt.pk).note_not_found("unknown_task")

    html = as_bob.get(f"/jobs/{doubt.job.uid}").content.decode()

    assert "does not know this order" in html
    assert "Not found" in html


def test_several_unknown_orders_of_a_job_are_decided_on_its_page(as_bob: Client, bob: User) -> None:
    key = make_key(bob, provider="aigptimage")
    doubt = doubtful(bob, key)
    Submission.objects.create(job=doubt.job, key=key, ordinal=2, status="unknown")

    sheet = card_in(as_bob.get("/").content.decode(), doubt)
    page = as_bob.get(f"/jobs/{doubt.job.uid}").content.decode()

    assert buttons(sheet) == set()
    assert f'aria-label="Decide: job {doubt.job_id}"' in sheet
    assert "Order 2 of 2" in page
    assert len(re.findall("/charged", page)) == 2


# What other pages are told -----------------------------------------------------------------------


def test_other_open_pages_learn_what_was_decided(
    as_alice: Client, as_bob: Client, doubt: Submission
) -> None:
    [known] = re.findall(r'name="calm" value="([^"]+)"', as_bob.get("/").content.decode())
    quiet = as_bob.get("/jobs/changes", {"calm": [known]}).status_code

    as_alice.post(address(doubt, "charged"))
    html = as_bob.get("/jobs/changes", {"calm": [known]}).content.decode()

    assert quiet == 204
    assert f'id="job-{doubt.job_id}" data-state="failed"' in html
    assert 'class="fresh"' not in html
    assert f"Job {doubt.job_id}:" not in html
