"""The addresses of the legal pages: three for everybody, two for the administrators."""

from palabre.legal import views
from palabre.web.routing import PUBLIC, Page

BOTH = ("GET", "POST")

PAGES = [
    Page("/mentions-legales", views.notices, "legal_notices", PUBLIC),
    Page("/donnees-personnelles", views.personal_data, "legal_personal_data", PUBLIC),
    Page("/accessibilite", views.accessibility, "legal_accessibility", PUBLIC),
    Page("/administration/pages", views.overview, "legal_pages", "site.administer", BOTH),
    Page(
        "/administration/pages/{page}",
        views.edit,
        "legal_page_edit",
        "site.administer",
        BOTH,
        max_body=views.MAX_BODY,
    ),
]
