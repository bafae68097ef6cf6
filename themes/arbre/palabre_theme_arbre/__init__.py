"""Arbre: Palabre's own theme. It is data only: theme.toml, templates, static files."""
