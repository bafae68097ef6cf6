"""What administrators do with plugins: enable and disable, for all processes, in the journal."""

from palabre.audit.domain import record
from palabre.database.connection import transaction
from palabre.people.permissions import Actor
from palabre.plugins import state


async def decide(actor: Actor, name: str, *, enabled: bool) -> None:
    """Enable the plugin `name`, which also ends its pause, or disable it; its data stay."""
    async with transaction() as connection:
        await state.set_enabled(connection, name, enabled=enabled)
        action = "plugin.enable" if enabled else "plugin.disable"
        await record(actor, action, kind="plugin", object_id=name)
