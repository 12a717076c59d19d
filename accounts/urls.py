"""Addresses of the front door, one's own account, and people."""

from django.urls import path

from accounts.views import (
    access,
    devices,
    hand_over,
    leaving,
    people,
    reviews,
    sections,
    security,
    stand_ins,
)

app_name = "accounts"
urlpatterns = [
    path("login/", people.log_in, name="login"),
    path("login/link/<str:key>/", people.set_password, name="set-password"),
    path("login/verify/", security.verify, name="verify"),
    path("login/verify/passkey/", security.verify_passkey, name="verify-passkey"),
    path("login/passkey/", security.log_in_with_passkey, name="login-passkey"),
    path("login/again/", security.again, name="again"),
    path("login/again/passkey/", security.again_passkey, name="again-passkey"),
    path("logout/", people.log_out, name="logout"),
    path("account/", people.own_settings, name="settings"),
    path("account/password/", people.change_password, name="password"),
    path("account/stay/", devices.stay, name="stay"),
    path("account/devices/", devices.devices, name="devices"),
    path("account/devices/end/", devices.end_others, name="devices-end"),
    path("account/devices/<int:pk>/end/", devices.end_own, name="device-end"),
    path("account/stand-in/", stand_ins.own_stand_in, name="stand-in"),
    path("account/stand-in/<int:pk>/end/", stand_ins.stand_in_end, name="stand-in-end"),
    path("account/security/", security.security, name="security"),
    path("account/security/app/", security.set_up_app, name="totp"),
    path("account/security/passkeys/", security.set_up_passkey, name="passkey"),
    path("account/security/passkeys/options/", security.passkey_options, name="passkey-options"),
    path("account/security/codes/", security.recovery_codes, name="recovery-codes"),
    path("account/security/<int:pk>/remove/", security.remove, name="factor-remove"),
    path("people/", people.people, name="people"),
    path("people/<str:employee_no>/", people.person, name="person"),
    path("people/<str:employee_no>/access/", access.person_access, name="person-access"),
    path(
        "people/<str:employee_no>/hand-over/",
        hand_over.person_hand_over,
        name="person-hand-over",
    ),
    path(
        "people/<str:employee_no>/hand-over/people/",
        hand_over.receiver_choices,
        name="receiver-choices",
    ),
    path("people/<str:employee_no>/stand-in/", stand_ins.person_stand_in, name="person-stand-in"),
    path("people/<str:employee_no>/leave/", leaving.person_leave, name="person-leave"),
    path("hand-overs/<int:pk>/", hand_over.hand_over_detail, name="hand-over"),
    path("hand-overs/<int:pk>/carry-out/", hand_over.hand_over_carry_out, name="hand-over-do"),
    path("hand-overs/<int:pk>/undo/", hand_over.hand_over_undo, name="hand-over-undo"),
    path(
        "organisation/sections/<str:code>/roles/new/",
        sections.section_role_give,
        name="section-role-give",
    ),
    path(
        "organisation/sections/<str:code>/roles/<int:pk>/end/",
        sections.section_role_end,
        name="section-role-end",
    ),
    path("grants/review/", reviews.grant_review, name="grant-review"),
    path("grants/review/export/", reviews.grant_review_export, name="grant-review-export"),
    path("people/<str:employee_no>/sign-out/", devices.end_of_person, name="person-sign-out"),
    path(
        "people/<str:employee_no>/reset-factors/",
        devices.reset_factors,
        name="person-reset-factors",
    ),
]
