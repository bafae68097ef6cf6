"""The addresses of coming in by an identity provider."""

from palabre.oidc import views
from palabre.web.routing import MEMBER, PUBLIC, Page

PAGES = [
    Page("/connexion/avec/{provider}", views.start, "oidc_start", PUBLIC, ("POST",)),
    Page("/connexion/avec/{provider}/retour", views.arrival, "oidc_arrival", PUBLIC),
    Page("/compte/avec/{provider}", views.change, "oidc_change", MEMBER, ("POST",)),
    Page("/deconnexion", views.left, "left", PUBLIC),
]
