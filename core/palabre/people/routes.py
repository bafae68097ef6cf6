"""The addresses of people: login, logout, invitation, one’s own account."""

from palabre.people import account_views, views
from palabre.web.routing import MEMBER, PUBLIC, Page

PAGES = [
    Page("/connexion", views.login, "login", PUBLIC, ("GET", "POST")),
    Page("/deconnexion", views.logout, "logout", MEMBER, ("POST",)),
    Page("/compte", account_views.account, "account", MEMBER, ("GET", "POST")),
    Page("/invitation/{token}", views.invitation, "invitation", PUBLIC, ("GET", "POST")),
]
