"""Its English catalogue can't be read."""

from palabre.api import Manifest

manifest = Manifest(name="broken_words", title="Bègue", version="1.0", api=1, url="/begue")
