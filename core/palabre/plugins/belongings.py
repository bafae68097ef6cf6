"""What a plugin has in tables that aren't its own: what a purge deletes beside them.

Whoever keeps rows per plugin in one of the core's tables adds a line here; a test asks for it.
"""

from dataclasses import dataclass

from palabre.i18n import marked


@dataclass(frozen=True, slots=True)
class Belonging:
    """Rows of `table` that belong to the plugin named $1 in `condition`; `words` say what they are."""

    table: str
    condition: str
    words: str


BELONGINGS = (
    Belonging("core_outbox", "plugin = $1", marked("Changements encore à lui annoncer")),
)
