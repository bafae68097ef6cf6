"""The agenda's tests see the site as its visitors do: by https, under its own name."""

import pytest

from palabre.settings import Settings

ORIGIN = "https://agenda.example.org"


@pytest.fixture
def settings(database_url: str) -> Settings:
    return Settings(base_url=ORIGIN, database_url=database_url)
