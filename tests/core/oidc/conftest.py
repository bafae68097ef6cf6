"""A site that believes real identity providers, npm's oidc-provider."""

from collections.abc import Iterator

import pytest

from palabre.settings import Settings, from_environment
from tests.core.oidc.travelling import SITE
from tests.provider.running import provider
from tests.provider.running import settings as provider_settings


@pytest.fixture(scope="session")
def providers() -> Iterator[int]:
    with provider(SITE) as port:
        yield port


@pytest.fixture
def more() -> dict[str, str]:
    return {}


@pytest.fixture
def settings(
    tmp_path_factory: pytest.TempPathFactory, providers: int, more: dict[str, str]
) -> Settings:
    return from_environment(
        {
            "PALABRE_DATA_DIR": str(tmp_path_factory.mktemp("data")),
            "PALABRE_BASE_URL": SITE,
            "PALABRE_SMTP_URL": "smtp://127.0.0.1:1",
        }
        | provider_settings(providers)
        | more
    )
