"""The address of the subscription guide."""

from palabre.subscribing import views
from palabre.web.routing import PUBLIC, Page

PAGES = [Page("/abonnement", views.guide, "subscribe", PUBLIC)]
