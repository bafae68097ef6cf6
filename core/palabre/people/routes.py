"""The addresses of people: login, logout, invitation, one’s own account."""

from palabre.people import (
    account_views,
    address_views,
    handing_over_views,
    member_views,
    recovery_views,
    registration_views,
    views,
)
from palabre.people.factors import admin_views, own_views, step_views
from palabre.web.routing import MEMBER, PUBLIC, Page

BOTH = ("GET", "POST")
POST = ("POST",)

PAGES = [
    Page("/connexion", views.login, "login", PUBLIC, BOTH),
    Page("/connexion/lien", recovery_views.ask_link, "link_ask", PUBLIC, BOTH),
    Page("/connexion/lien/{token}", recovery_views.use_link, "link_use", PUBLIC, BOTH),
    Page("/connexion/etape", step_views.second_step, "second_step", PUBLIC, BOTH),
    Page("/connexion/etape/cle", step_views.step_question, "step_question", PUBLIC, POST),
    Page("/connexion/cle", step_views.enter_by_passkey, "passkey_login", PUBLIC, POST),
    Page("/connexion/cle/question", step_views.enter_question, "passkey_question", PUBLIC, POST),
    Page("/mot-de-passe-oublie", recovery_views.forgotten, "forgotten", PUBLIC, BOTH),
    Page("/mot-de-passe/{token}", recovery_views.reset, "reset", PUBLIC, BOTH),
    Page("/deconnexion", views.logout, "logout", MEMBER, POST),
    Page("/compte", account_views.account, "account", MEMBER, BOTH),
    Page("/compte/confirmer", step_views.confirm, "confirm", MEMBER, BOTH),
    Page("/compte/confirmer/cle", step_views.confirm_question, "confirm_question", MEMBER, POST),
    Page("/compte/securite", own_views.ways_in, "ways_in", MEMBER, BOTH),
    Page("/compte/securite/application", own_views.add_application, "application", MEMBER, BOTH),
    Page("/compte/securite/cle", own_views.passkey_question, "passkey_register", MEMBER, POST),
    Page("/compte/adresse", address_views.ask, "address_ask", MEMBER, BOTH),
    Page("/compte/adresse/{token}", address_views.confirm, "address_confirm", MEMBER, BOTH),
    Page("/inscription", registration_views.ask, "register", PUBLIC, BOTH),
    Page("/inscription/{token}", registration_views.confirm, "register_confirm", PUBLIC, BOTH),
    Page("/invitation/{token}", views.invitation, "invitation", PUBLIC, BOTH),
    Page(
        "/administration/connexion", admin_views.ways_in, "ways_in_rules", "site.administer", BOTH
    ),
    Page(
        "/organisations/{slug}/membres", member_views.members, "members", "organisation.edit", BOTH
    ),
    Page(
        "/organisations/{slug}/transmettre",
        handing_over_views.hand_over,
        "hand_over",
        "organisation.edit",
        BOTH,
    ),
    Page("/organisations/{slug}/quitter", member_views.leave, "leave", MEMBER, BOTH),
]
