"""The festival's addresses, below /festival."""

from palabre.api import PUBLIC, Page
from palabre_festival import views

PAGES = [Page("/", views.programme, "programme", PUBLIC)]
