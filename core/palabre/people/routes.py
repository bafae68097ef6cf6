"""The addresses of people: login, logout, invitation."""

from palabre.people import views
from palabre.web.routing import MEMBER, PUBLIC, Page

PAGES = [
    Page("/connexion", views.login, "login", PUBLIC, ("GET", "POST")),
    Page("/deconnexion", views.logout, "logout", MEMBER, ("POST",)),
    Page("/invitation/{token}", views.invitation, "invitation", PUBLIC, ("GET", "POST")),
]
