"""The people's tests: a site with a mail server that is away, so that letters stay to be read."""

import pytest

from palabre.settings import Settings, from_environment


@pytest.fixture
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return from_environment(
        {
            "PALABRE_DATA_DIR": str(tmp_path_factory.mktemp("data")),
            "PALABRE_BASE_URL": "http://agenda.exemple.fr",
            "PALABRE_SMTP_URL": "smtp://127.0.0.1:1",
        }
    )
