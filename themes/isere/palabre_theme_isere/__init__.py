"""Isère: a theme of Palabre, as data (theme.toml, tokens.toml, templates, static); nothing to import."""
