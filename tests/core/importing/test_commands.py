"""What `palabre import` says of a source that it can't read."""

from pathlib import Path

import pytest

from palabre.errors import Refused
from palabre.importing.commands import _read


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("nulle-part.ics", "ne peut pas être lu : il n’existe pas."),
        (".", "ne peut pas être lu : c’est un dossier."),
        ("ftp://example.org/a.ics", "n’est pas de celles du web"),
        ("a\0.ics", "ne peut pas être lu"),
    ],
)
def test_a_source_that_cannot_be_read(
    source: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(Refused, match=why):
        _read(source)
