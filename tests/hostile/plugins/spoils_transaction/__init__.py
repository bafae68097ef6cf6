"""Breaks the transaction that it is called in, and says that all is well."""

from contextlib import suppress

from markupsafe import Markup
from tortoise import connections

from palabre.api import Manifest, hookimpl

manifest = Manifest(
    name="spoils_transaction", title="Gâcheuse", version="1.0", api=1, url="/gacheuse"
)


@hookimpl
async def page_slot() -> list[Markup]:
    connection = connections.get("default")
    await connection.execute_query("CREATE TABLE spoils_transaction_rubble (id int)")
    with suppress(Exception):
        await connection.execute_query("SELECT nothing FROM nowhere")
    return []
