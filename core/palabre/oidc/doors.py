"""The ways to the identity providers of the settings."""

from palabre.oidc.values import Door
from palabre.settings import Settings


def doors_of(settings: Settings) -> dict[str, Door]:
    """Return a way to each provider, by its short word; nobody is asked anything yet."""
    if not settings.oidc_providers:
        return {}
    from palabre.oidc.protocol import Client  # cryptography: only where there is a provider

    return {provider.id: Client(provider) for provider in settings.oidc_providers}
