"""Puts a link without words into everybody's menu."""

from palabre.api import PUBLIC, Manifest, NavigationItem, hookimpl

manifest = Manifest(name="none_title", title="Muette", version="1.0", api=1, url="/muette")


@hookimpl
def navigation() -> list[NavigationItem]:
    return [NavigationItem(None, "/", PUBLIC)]  # type: ignore[arg-type]  # the point
