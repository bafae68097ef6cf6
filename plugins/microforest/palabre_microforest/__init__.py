"""Micro-forests: the species of the zone, and what is planted next."""

from collections.abc import Sequence

from palabre.api import PUBLIC, Check, Manifest, NavigationItem, Page, hookimpl, marked
from palabre_microforest import domain
from palabre_microforest import routes as own
from palabre_microforest.options import Options

manifest = Manifest(
    name="microforest",
    title="Micro-forêts",
    version="0.1.0",
    api=1,
    url="/forets",
    settings=Options,
)


@hookimpl
def routes() -> Sequence[Page]:
    """Bring the pages of the micro-forests."""
    return own.PAGES


@hookimpl
def navigation() -> Sequence[NavigationItem]:
    """Lead from the menu to the micro-forests."""
    return [NavigationItem(marked("Micro-forêts"), "/", PUBLIC)]


@hookimpl
def health() -> Sequence[Check]:
    """Check that each species names documents that are listed."""
    return [domain.check_sources()]
