"""What people may type about themselves and each other: these fields and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.forms import AuthenticationForm, UsernameField
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from studio.accounts.models import Invitation, Language, Studio, Theme, User
from studio.accounts.throttle import left_after, seconds_closed
from studio.wording import joined

if TYPE_CHECKING:
    UserForm = forms.ModelForm[User]
    NoteForm = forms.ModelForm[Invitation]
else:  # generic only in the stubs
    UserForm = NoteForm = forms.ModelForm


def password_field(**options: Any) -> forms.CharField:
    """For a password that is being chosen. It is never sent back to the page."""
    widget = forms.PasswordInput(attrs={"autocomplete": "new-password", "minlength": 12})
    note = _("At least 12 characters. A sentence is fine.")
    return forms.CharField(
        **{"label": _("Password"), "strip": False, "widget": widget, "help_text": note, **options}
    )


def why_not(request: HttpRequest | None, wrong: str) -> str:
    """What to tell somebody whose password was not accepted."""
    if seconds := seconds_closed(request):
        return joined([_("Too many tries."), try_again_in(seconds)])
    left = left_after(request)
    if left == 0:
        return joined([wrong, _("That was the last try for now.")])
    tries = ngettext("%(left)d try left.", "%(left)d tries left before a pause.", left)
    return joined([wrong, tries % {"left": left}])


def try_again_in(seconds: int) -> str:
    if seconds <= 60:
        text = ngettext("Try again in %(n)d second.", "Try again in %(n)d seconds.", seconds)
        return text % {"n": seconds}
    minutes = -(-seconds // 60)
    text = ngettext("Try again in %(n)d minute.", "Try again in %(n)d minutes.", minutes)
    return text % {"n": minutes}


class SignInForm(AuthenticationForm):
    """Email, password, and whether to stay signed in."""

    username = UsernameField(
        label=_("Email"), widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    stay = forms.BooleanField(
        label=_("Stay signed in on this device"), required=False, initial=True
    )

    def __init__(self, request: HttpRequest, data: Any = None) -> None:
        super().__init__(request, data=data)
        retry = "password" if data else "username"
        self.fields[retry].widget.attrs["autofocus"] = True

    def get_invalid_login_error(self) -> ValidationError:
        wrong = _("Email and password do not match.")
        return ValidationError(why_not(self.request, str(wrong)), code="invalid_login")


class NewMemberForm(UserForm):
    """A new member: `instance` is the unsaved row."""

    password = password_field()

    class Meta:
        model = User
        fields = ("name", "email", "password", "language")
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
            "email": forms.EmailInput(attrs={"autocomplete": "username"}),
        }
        labels = {"name": _("Name"), "email": _("Email"), "language": _("Language")}

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # the hook after the instance is filled
        check_new_password(self, "password", self.instance)


class FirstRunForm(NewMemberForm):
    """The first admin and the name of the studio."""

    studio_name = forms.CharField(
        label=_("Studio name"), max_length=Studio._meta.get_field("name").max_length
    )


def check_new_password(form: forms.BaseForm, field: str, member: User) -> None:
    """Put what is wrong with a new password at its field."""
    password = form.cleaned_data.get(field)
    if not password:
        return
    try:
        validate_password(password, member)
    except ValidationError as error:
        form.add_error(field, error)


class ProfileForm(UserForm):
    """What a member may change about themselves without a password."""

    class Meta:
        model = User
        fields = ("name", "language", "theme")
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
            "theme": forms.Select,
        }
        labels = {"name": _("Name"), "language": _("Language"), "theme": _("Appearance")}


class SignInDetailsForm(UserForm):
    """Email and password, which take the current password."""

    new_password = password_field(
        label=_("New password"),
        required=False,
        help_text=_("Leave empty to keep the old one. At least 12 characters."),
    )
    password = forms.CharField(
        label=_("Current password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    class Meta:
        model = User
        fields = ("email",)
        widgets = {"email": forms.EmailInput(attrs={"autocomplete": "username"})}
        labels = {"email": _("Email")}

    def __init__(self, request: HttpRequest, member: User, data: Any = None) -> None:
        # A fresh row: a refused change must not show up in the member of the request.
        super().__init__(data, instance=User.objects.get(pk=member.pk))
        self.request, self.member = request, member

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        known = authenticate(self.request, username=self.member.email, password=password)
        if known is None or known.pk != self.member.pk:
            wrong = _("This is not your current password.")
            raise ValidationError(why_not(self.request, str(wrong)), code="wrong_password")
        return password

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # the hook after the instance is filled
        check_new_password(self, "new_password", self.instance)


class NewPasswordForm(forms.Form):
    """A new password by a link."""

    password = password_field(label=_("New password"))

    def __init__(self, member: User, data: Any = None) -> None:
        super().__init__(data)
        self.member = member

    def full_clean(self) -> None:
        super().full_clean()
        if self.is_bound:
            check_new_password(self, "password", self.member)


class ResetForm(forms.Form):
    """Whom to mail a link."""

    email = forms.EmailField(
        label=_("Email"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )


class InviteForm(NoteForm):
    """Whom an admin lets in, as what."""

    class Meta:
        model = Invitation
        fields = ("email", "role")
        widgets = {
            "email": forms.EmailInput(
                attrs={"autocomplete": "off", "placeholder": _("name@company.com")}
            )
        }
        labels = {"email": _("Email (optional)"), "role": _("Role")}
        help_texts = {"email": _("Only a note for this list. Nothing is mailed.")}


class RoleForm(UserForm):
    """What an admin may change about a member."""

    class Meta:
        model = User
        fields = ("role",)


class ThemeForm(forms.Form):
    """The choice in the account menu."""

    theme = forms.ChoiceField(choices=Theme.choices, required=False)


class LanguageForm(forms.Form):
    """The choice in the account menu and on the login page."""

    language = forms.ChoiceField(choices=Language.choices, required=False)
