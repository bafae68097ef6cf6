"""A site of its own for these tests: what they import would disturb others."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving import Served, serve, stop_database


@pytest.fixture(scope="package")
def own_site() -> Iterator[Served]:
    """The real program with the demo."""
    with tempfile.TemporaryDirectory(prefix="palabre-interop-") as folder:
        path = Path(folder) / "data"
        try:
            with serve(path, "--demo") as served:
                yield served
        finally:
            stop_database(path)
