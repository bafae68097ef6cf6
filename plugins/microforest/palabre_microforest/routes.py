"""The addresses of the micro-forests, below /forets."""

from palabre.api import PUBLIC, Page
from palabre_microforest import views

PAGES = [
    Page("/", views.forests, "species", PUBLIC),
    Page("/especes.csv", views.download, "download", PUBLIC),
]
