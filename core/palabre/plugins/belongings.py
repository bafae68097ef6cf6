"""What a plugin has in tables that aren't its own: what a purge takes away beside them.

Whoever keeps something per plugin in one of the core's tables adds a line here; a test asks for it.
"""

from dataclasses import dataclass

from palabre.i18n import marked

# Tables with a column `plugin` that a purge must leave alone.
LEFT = {
    "core_event_due": "events that forget within seconds what it said of them in the feeds",
}


@dataclass(frozen=True, slots=True)
class Belonging:
    """Something of the plugin named $1: `count` says how much, `forget` takes it away.

    `table` is where it is, `words` say in French what it is; "" when it isn't worth a line.
    """

    table: str
    count: str
    forget: str
    words: str


def rows(table: str, words: str, condition: str = "plugin = $1") -> Belonging:
    """Return the rows of `table` that belong to a plugin, for a purge to delete."""
    count = f"SELECT count(*) FROM {table} WHERE {condition}"  # noqa: S608  the core's own constants
    return Belonging(table, count, f"DELETE FROM {table} WHERE {condition}", words)  # noqa: S608  the same


BELONGINGS = (
    Belonging(
        "core_event",
        "SELECT count(*) FROM core_event WHERE extras ? $1",
        "UPDATE core_event SET extras = extras - $1 WHERE extras ? $1",
        marked("Événements où ses champs sont remplis"),
    ),
    Belonging(
        "core_event_revision",
        "SELECT count(*) FROM core_event_revision WHERE content -> 'extras' ? $1",
        "UPDATE core_event_revision SET content = content #- ARRAY['extras', $1::text]"
        " WHERE content -> 'extras' ? $1",
        "",
    ),
    rows("core_outbox", marked("Événements encore à lui annoncer")),
    rows("core_plugin_permission", marked("Droits accordés")),
    rows("core_plugin_organisation", marked("Organisations qui l’ont activée")),
)
