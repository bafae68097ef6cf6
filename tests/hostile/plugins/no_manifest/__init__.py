"""Says nothing of itself."""

manifest = {"name": "no_manifest"}
