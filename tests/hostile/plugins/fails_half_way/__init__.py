"""Its second migration fails after it has begun."""

from palabre.api import Manifest

manifest = Manifest(
    name="fails_half_way", title="Mi-chemin", version="1.0", api=1, url="/mi-chemin"
)
