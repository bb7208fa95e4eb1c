"""The page where an admin lifts the hold."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from studio.accounts.requests import Request, require_admin
from studio.engine import hold
from studio.engine.models import Hold

SHOWN = 200


class ResumeForm(forms.Form):
    """What becomes of the orders that came out of a backup; not sending is the default."""

    ASIDE, SEND = "aside", "send"

    doubtful = forms.ChoiceField(
        choices=[
            (ASIDE, gettext_lazy("Do not send them. They can be ordered again one by one.")),
            (SEND, gettext_lazy("Send them. What was sent elsewhere meanwhile is paid twice.")),
        ],
        widget=forms.RadioSelect(attrs={"class": "check"}),
        required=False,
    )

    @property
    def is_sending(self) -> bool:
        return bool(self.cleaned_data["doubtful"] == self.SEND)


@require_admin
@require_safe
def on_hold(request: Request) -> HttpResponse:
    """What waits, and the button. Without a hold there is nothing to see."""
    found = hold.current()
    if found is None:
        return redirect("studio")
    return _page(request, found, ResumeForm(initial={"doubtful": ResumeForm.ASIDE}))


@require_admin
@require_POST
def resume(request: Request) -> HttpResponse:
    """Lift the hold. What may have been paid elsewhere is sent only where that was chosen."""
    found, form = hold.current(), ResumeForm(request.POST)
    if found is None:
        return redirect("studio")
    if not form.is_valid():
        return _page(request, found, form)
    hold.lift(found, by=request.user.name, send_doubtful=form.is_sending)
    messages.success(request, _("The studio goes on."))
    return redirect("studio")


def _page(request: Request, found: Hold, form: ResumeForm) -> HttpResponse:
    doubtful = hold.doubtful(found).select_related("job__owner", "job__key").order_by("job_id")
    context = {"doubtful": doubtful[:SHOWN], "form": form}
    return render(request, "engine/hold.html", context)
