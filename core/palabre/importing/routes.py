"""The addresses of imports."""

from palabre.importing import views
from palabre.web.routing import Page

# A file as large as may be taken, and the rest of its form.
BODY = 18 * 1024 * 1024

PAGES = [
    Page(
        "/organisations/{slug}/import",
        views.start,
        "import_start",
        "organisation.import",
        ("GET", "POST"),
        BODY,
    ),
    Page(
        "/organisations/{slug}/import/{job}",
        views.job,
        "import_job",
        "organisation.import",
        ("GET", "POST"),
    ),
]
