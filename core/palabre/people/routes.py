"""The addresses of people: login, logout, invitation, one’s own account."""

from palabre.people import (
    account_views,
    address_views,
    member_views,
    recovery_views,
    registration_views,
    views,
)
from palabre.web.routing import MEMBER, PUBLIC, Page

BOTH = ("GET", "POST")

PAGES = [
    Page("/connexion", views.login, "login", PUBLIC, BOTH),
    Page("/connexion/lien", recovery_views.ask_link, "link_ask", PUBLIC, BOTH),
    Page("/connexion/lien/{token}", recovery_views.use_link, "link_use", PUBLIC, BOTH),
    Page("/mot-de-passe-oublie", recovery_views.forgotten, "forgotten", PUBLIC, BOTH),
    Page("/mot-de-passe/{token}", recovery_views.reset, "reset", PUBLIC, BOTH),
    Page("/deconnexion", views.logout, "logout", MEMBER, ("POST",)),
    Page("/compte", account_views.account, "account", MEMBER, BOTH),
    Page("/compte/adresse", address_views.ask, "address_ask", MEMBER, BOTH),
    Page("/compte/adresse/{token}", address_views.confirm, "address_confirm", MEMBER, BOTH),
    Page("/inscription", registration_views.ask, "register", PUBLIC, BOTH),
    Page("/inscription/{token}", registration_views.confirm, "register_confirm", PUBLIC, BOTH),
    Page("/invitation/{token}", views.invitation, "invitation", PUBLIC, BOTH),
    Page(
        "/organisations/{slug}/membres", member_views.members, "members", "organisation.edit", BOTH
    ),
    Page("/organisations/{slug}/quitter", member_views.leave, "leave", MEMBER, BOTH),
]
