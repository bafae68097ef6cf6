"""Places in a list, as addresses carry them."""

from datetime import UTC, datetime

import pytest

from palabre.agenda.cursors import Cursor, read_cursor
from palabre.errors import Refused


@pytest.mark.parametrize("year", [1600, 1753, 1891, 2026, 2500])
def test_a_list_goes_on_past_the_oldest_imported_dates(year: int) -> None:
    """A calendar from elsewhere holds 1753; the page before it must not be refused."""
    place = Cursor(datetime(year, 1, 1, 8, tzinfo=UTC), 42)

    assert read_cursor(str(place)) == place


@pytest.mark.parametrize("text", ["00010101T000000Z.1", "99991231T235959Z.1", "20260230T000000Z.1"])
def test_a_place_in_no_list_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        read_cursor(text)
