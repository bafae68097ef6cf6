"""What a plugin has in tables that aren't its own: what a purge takes away beside them.

Whoever keeps something per plugin in one of the core's tables adds a line here; a test asks for it.
"""

from dataclasses import dataclass

from palabre.i18n import marked

# Tables with a column `plugin` that somebody else empties.
LEFT = {"core_event_due": "palabre.events.domain.repairing, once it has written the events anew"}


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
        # Feeds and pages lose them within seconds, when what is due is written anew.
        "WITH gone AS (UPDATE core_event SET extras = extras - $1 WHERE extras ? $1 RETURNING id)"
        " INSERT INTO core_event_due (plugin, event_id) SELECT $1, id FROM gone"
        " ON CONFLICT (plugin, event_id) DO UPDATE SET due_at = now()",
        marked("Événements dont elle complète la fiche"),
    ),
    Belonging(
        "core_event_revision",
        "SELECT count(*) FROM core_event_revision WHERE content->'extras' ? $1",
        "UPDATE core_event_revision SET content = content #- ARRAY['extras', $1]"
        " WHERE content->'extras' ? $1",
        "",
    ),
    Belonging(
        "core_list_filter",
        "SELECT count(*) FROM core_list_filter WHERE plugin = $1 AND closed_at IS NULL",
        "UPDATE core_list_filter SET closed_at = now() WHERE plugin = $1 AND closed_at IS NULL",
        marked("Listes filtrées, fermées pour de bon"),
    ),
    rows("core_job", marked("Travaux d’arrière-plan"), "owner = $1"),
    rows("core_schedule", "", "owner = $1"),
    rows("core_outbox", marked("Événements encore à lui annoncer")),
    rows("core_principal_session", marked("Personnes connectées à ses pages")),
    rows("core_plugin_error", marked("Erreurs notées")),
    rows("core_plugin_cost", marked("Mesures de ce qu’elle coûte")),
    rows("core_plugin_permission", marked("Droits accordés")),
    rows("core_plugin_organisation", marked("Organisations qui l’ont activée")),
)
