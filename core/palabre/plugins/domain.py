"""What administrators decide about plugins, for all processes, in the journal."""

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


async def pause(actor: Actor, name: str, reason: str) -> None:
    """Pause the plugin `name`: it is asked nothing, and what it guards stays shut."""
    async with transaction() as connection:
        await state.pause(connection, name, reason)
        await record(actor, "plugin.pause", kind="plugin", object_id=name)


async def set_safe_mode(actor: Actor, *, on: bool) -> None:
    """Pause all plugins and set the theme aside, or end that; what guards stays shut meanwhile."""
    async with transaction() as connection:
        await state.set_safe(connection, on=on)
        action = "plugins.safe_mode" if on else "plugins.safe_mode_ended"
        await record(actor, action, kind="site", object_id="plugins")
