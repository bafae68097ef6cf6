"""What an administrator decides about the micro-forests."""

from palabre.api import PluginSettings, marked, setting


class Options(PluginSettings):
    """The plugin's settings."""

    category: str = setting(
        "Micro-forêts",
        title=marked("Catégorie des plantations"),
        hint=marked("Les événements publiés dans cette catégorie sont annoncés sur la page."),
        min_length=1,
        max_length=60,
    )
