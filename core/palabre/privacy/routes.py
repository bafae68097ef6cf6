"""The addresses of personal data: one's own, and the administrators'."""

from palabre.privacy import administration_views, views
from palabre.web.routing import MEMBER, Page

BOTH = ("GET", "POST")

PAGES = [
    Page("/compte/donnees", views.own_data, "own_data", MEMBER, BOTH),
    Page(
        "/administration/donnees",
        administration_views.overview,
        "personal_data",
        "site.administer",
        BOTH,
    ),
    Page(
        "/administration/registre",
        administration_views.register_page,
        "register_of_processing",
        "site.administer",
    ),
    Page(
        "/administration/registre.csv",
        administration_views.register_csv,
        "register_of_processing_csv",
        "site.administer",
    ),
]
