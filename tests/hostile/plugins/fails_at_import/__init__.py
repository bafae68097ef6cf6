"""Breaks while it is imported."""

raise RuntimeError("la configuration manque")
