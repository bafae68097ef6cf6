"""The addresses on which organisations are looked after; their public page is the agenda's."""

from palabre.organisations import views
from palabre.organisations.views import LIST
from palabre.web.routing import Page

BOTH = ("GET", "POST")

PAGES = [
    Page("/organisations/{slug}/modifier", views.edit, "body_edit", "organisation.edit", BOTH),
    Page(LIST, views.listing, "bodies", "site.administer"),
    Page(f"{LIST}/nouvelle", views.create, "body_new", "site.administer", BOTH),
    Page(f"{LIST}/{{slug}}/modifier", views.keep, "body_keep", "site.administer", BOTH),
    Page(f"{LIST}/{{slug}}/reunir", views.merge, "body_merge", "site.administer", BOTH),
]
