"""Its model points to one that doesn't exist: Tortoise would refuse to start for everybody."""

from palabre.api import Manifest

manifest = Manifest(name="broken_models", title="Orpheline", version="1.0", api=1, url="/orpheline")
