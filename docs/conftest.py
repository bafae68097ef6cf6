"""Runs every Python block of these pages."""

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(), SkipParser()], pattern="*.md"
).pytest()


def pytest_itemcollected(item: pytest.Item) -> None:
    """Keep a page's blocks in one worker: each builds on those before it."""
    if item.path.suffix == ".md":
        item.add_marker(pytest.mark.xdist_group(item.path.stem))
