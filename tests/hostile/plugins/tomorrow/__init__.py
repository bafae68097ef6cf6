"""Written for an API that doesn't exist yet."""

from palabre.api import Manifest

manifest = Manifest(name="tomorrow", title="Demain", version="1.0", api=99, url="/demain")
