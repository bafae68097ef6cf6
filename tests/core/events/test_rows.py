from datetime import UTC, datetime

from palabre.events.domain.rows import content_from_json, content_json
from palabre.events.values import Content, Timed

SOUP = Content("Soupe", Timed(datetime(2026, 11, 24, 17, tzinfo=UTC), None, "Europe/Paris"))


def test_what_is_written_is_read_back() -> None:
    assert content_from_json(content_json(SOUP)) == SOUP


def test_what_was_written_before_co_organisers_existed_is_still_read() -> None:
    older = {
        name: value for name, value in content_json(SOUP).items() if name != "co_organiser_ids"
    }

    assert content_from_json(older) == SOUP
