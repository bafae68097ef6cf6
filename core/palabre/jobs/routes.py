"""The addresses of jobs: where one waits for them, and where they are looked after."""

from palabre.jobs import views
from palabre.web.routing import PUBLIC, Page

PAGES = [
    Page("/travaux/{job}", views.waiting, "job_waiting", PUBLIC),
    Page("/administration/travaux", views.administration, "jobs", "site.administer"),
    Page("/administration/travaux/{job}", views.decide, "job_decide", "site.administer", ("POST",)),
]
