"""The exchange's addresses, below /correspondance."""

from palabre.api import PUBLIC, Page
from palabre_penpals import views

PAGES = [Page("/", views.exchange, "exchange", PUBLIC)]
