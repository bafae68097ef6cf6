"""Palabre: people, organisations and events; plugins add the rest."""

__version__ = "0.1.0"
