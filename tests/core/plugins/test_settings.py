"""Settings of plugins: what an author may write, and how fast every process hears of a change."""

import time
from typing import Any, Literal

import pytest
from pydantic import SecretStr

from palabre.database.connection import connected
from palabre.people.permissions import SYSTEM
from palabre.plugin_settings import PluginSettings, loaded, options_of, raw_values, setting
from palabre.plugins import Plugins, domain
from palabre.settings import from_environment
from tests.core.plugins.conftest import Install
from tests.hostile.test_following import listening, soon, started

FOLLOWED = 1.0  # seconds


class Options(PluginSettings):
    """What the tests of values use."""

    name: str = setting("Mens", title="Nom")
    size: Literal["s", "l"] | None = setting(None, title="Taille", words={"s": "petit"})
    key: SecretStr = setting(SecretStr("none"), title="Clé")


async def test_every_process_follows_within_a_second(database_url: str, install: Install) -> None:
    install()
    here = Plugins.load(from_environment({}))
    there = Plugins.load(from_environment({}))
    await here.migrate(database_url)
    model: Any = next(type(e.settings) for e in here.extensions if e.name == "gardens")
    async with (
        connected(database_url, here.models()),
        started(here, database_url),
        started(there, database_url),
    ):
        await listening(database_url, 2)
        began = time.monotonic()

        await domain.save_settings(SYSTEM, "gardens", model(plots=40), 0)
        await soon(lambda: here.settings(model).plots == there.settings(model).plots == 40)

        assert time.monotonic() - began < FOLLOWED


def test_only_what_differs_is_kept_and_secrets_apart() -> None:
    settings = Options(size="l", key=SecretStr("sesame"))

    values, secrets = raw_values(settings)

    assert (values, secrets) == ({"size": "l"}, {"key": "sesame"})
    assert loaded(Options, values | secrets) == (settings, {})
    assert "sesame" not in repr(settings)


def test_what_no_longer_fits_falls_back() -> None:
    settings, faults = loaded(Options, {"name": "Lavars", "size": "xl", "gone": 1})

    assert settings == Options(name="Lavars")
    assert faults == {"size": "Choisissez l’une des réponses proposées."}


def test_an_author_is_told_what_a_form_cannot_ask() -> None:
    class Untitled(PluginSettings):
        name: str = "Mens"

    class Nested(PluginSettings):
        inner: dict[str, int] = setting({}, title="Dedans")

    class Demanding(PluginSettings):
        name: str

    with pytest.raises(ValueError, match="n’a pas de titre"):
        options_of(Untitled)
    with pytest.raises(ValueError, match="d’un type inconnu"):
        options_of(Nested)
    with pytest.raises(ValueError, match="name"):
        options_of(Demanding)
