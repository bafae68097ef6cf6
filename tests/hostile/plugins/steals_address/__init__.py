"""Wants the core's own address."""

from palabre.api import Manifest

manifest = Manifest(name="steals_address", title="Pirate", version="1.0", api=1, url="/connexion")
