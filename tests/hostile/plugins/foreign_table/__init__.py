"""Its model claims a table of the core."""

from palabre.api import Manifest

manifest = Manifest(name="foreign_table", title="Coucou", version="1.0", api=1, url="/coucou")
