"""Addresses of this room."""

from __future__ import annotations

from django.urls import URLPattern, path

from studio.accounts.views import doors, links, profile, team

urlpatterns: list[URLPattern] = [
    path("first-run/", doors.first_run, name="first-run"),
    path("login/", doors.login, name="login"),
    path("logout/", doors.logout, name="logout"),
    path("invitation/<str:token>/", links.invitation, name="invitation"),
    path("reset/", links.reset, name="reset"),
    path("reset/<uuid:uid>/<str:token>/", links.reset_link, name="reset-link"),
    path("me/", profile.profile, name="profile"),
    path("me/sign-in/", profile.profile_sign_in, name="profile-sign-in"),
    path("me/theme/", profile.set_theme, name="set-theme"),
    path("me/language/", profile.set_language, name="set-language"),
    path("team/", team.team, name="team"),
    path("team/invitations/", team.invite, name="team-invite"),
    path("team/invitations/<uuid:uid>/withdraw/", team.withdraw, name="team-withdraw"),
    path("team/<uuid:uid>/role/", team.change_role, name="team-role"),
    path("team/<uuid:uid>/disable/", team.disable, name="team-disable"),
    path("team/<uuid:uid>/enable/", team.enable, name="team-enable"),
    path("team/<uuid:uid>/link/", team.reset_link, name="team-link"),
]
