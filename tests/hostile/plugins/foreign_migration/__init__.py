"""Its migration changes a table of the core."""

from palabre.api import Manifest

manifest = Manifest(
    name="foreign_migration", title="Bulldozer", version="1.0", api=1, url="/bulldozer"
)
