"""An agenda with everything that calendars stumble over, and what readers must see of it."""

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from palabre.events.recurrence import expand
from palabre.events.values import AllDay, Content, Override, Recurrence, Status, Timed
from palabre.feeds.values import FeedEvent
from palabre.feeds.words import address, summary
from tests.core.feeds.examples import HALL, RICH, VENUE, evening, feed_event, paris

from .readers import Seen, in_window, moment

# As `tests.core.feeds.examples` has it, its accent as a URI writes it (RFC 3986, section 2.1).
GIVEN_ADDRESS = "https://mjc.example.org/r%C3%A9server?soir=1&n=2"


def at(zone: str, *when: int) -> datetime:
    return datetime(*when, tzinfo=ZoneInfo(zone))  # type: ignore[misc]  # year, month, day, hour, minute


def series(title: str, when: Timed | AllDay, rule: str, **fields: object) -> Content:
    overrides = fields.pop("overrides", ())
    return Content(title, when, recurrence=Recurrence(rule, **fields), overrides=overrides)  # type: ignore[arg-type]  # any field


CONTENTS = [
    RICH,
    Content("Marché équitable", AllDay(date(2026, 11, 14), date(2026, 11, 15), "Europe/Paris")),
    Content("Exposition « Eaux »", AllDay(date(2026, 11, 14), date(2026, 12, 1), "Europe/Paris"), venue_id=VENUE),
    Content("Point de rencontre", Timed(paris(2026, 11, 20, 9), None, "Europe/Paris")),
    Content("Lutte à Koussan", evening(at("Africa/Dakar", 2026, 11, 21, 16))),
    Content("Nuit blanche", evening(paris(2026, 10, 24, 22), 8)),
    Content("Seconde 2 h 30", evening(paris(2026, 10, 25, 2, 30).replace(fold=1), 1)),
    Content("Visio", evening(at("UTC", 2026, 11, 18, 18)), online_url="https://visio.example.org/x"),
    Content("Très long " + "é🌳ß" * 60, evening(paris(2026, 11, 19)), description="mot, " * 900),
    Content("Complet ; fini", evening(paris(2026, 11, 23)), status=Status.FULL),
    Content("Annulée", evening(paris(2026, 11, 24)), status=Status.CANCELLED, venue_id=VENUE),
    Content("Reportée", evening(paris(2026, 11, 25)), status=Status.POSTPONED),
    Content("En visio", evening(paris(2026, 11, 26)), status=Status.MOVED_ONLINE, venue_id=VENUE),
    series("Chaque jour, même aux changements d’heure", evening(paris(2026, 10, 20, 9)), "FREQ=DAILY;COUNT=12"),
    series("Sans fin", evening(paris(2026, 9, 1, 18)), "FREQ=WEEKLY"),
    series("Dernier vendredi", evening(paris(2026, 1, 30, 19)), "FREQ=MONTHLY;BYDAY=-1FR;COUNT=14"),
    series("Deuxième mardi", evening(paris(2026, 1, 13, 19)), "FREQ=MONTHLY;BYDAY=2TU;UNTIL=20261231T225959Z"),
    series("Le 31", evening(paris(2026, 1, 31, 12)), "FREQ=MONTHLY;COUNT=6"),
    series("Tous les quinze jours", evening(at("Asia/Yerevan", 2026, 9, 7, 18)), "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;COUNT=11"),
    series("À Casablanca, ramadan compris", evening(at("Africa/Casablanca", 2026, 1, 6, 18)), "FREQ=WEEKLY;COUNT=20"),
    series("Fête annuelle", AllDay(date(2026, 7, 14), date(2026, 7, 16), "Europe/Paris"), "FREQ=YEARLY;COUNT=3"),
    series("Jour de plus", AllDay(date(2024, 2, 29), date(2024, 3, 1), "Europe/Paris"), "FREQ=YEARLY;UNTIL=20321231"),
    series(
        "Semaine de jeux",
        AllDay(date(2026, 11, 2), date(2026, 11, 3), "Europe/Paris"),
        "FREQ=DAILY;COUNT=6",
        exdates=(date(2026, 11, 4),),
        overrides=(
            Override(date(2026, 11, 3), cancelled=True),
            Override(date(2026, 11, 5), when=AllDay(date(2026, 11, 12), date(2026, 11, 14), "Europe/Paris")),
        ),
    ),
    series("Dates au choix", evening(paris(2026, 3, 3, 20)), "", rdates=(paris(2026, 3, 9, 18), paris(2026, 4, 1, 20))),
    series("Jeudis, commencés un mardi", evening(paris(2026, 11, 17, 20)), "FREQ=WEEKLY;BYDAY=TH;COUNT=4"),
    series(
        "Changement sans date",
        evening(paris(2026, 11, 17, 20)),
        "FREQ=WEEKLY;COUNT=2",
        overrides=(Override(paris(2026, 12, 9, 20), when=evening(paris(2026, 12, 10, 20))),),
    ),
]  # fmt: skip
EVENTS = [
    feed_event(content, f"essai-{number}@example.org") for number, content in enumerate(CONTENTS)
] + [
    feed_event(
        Content("Retirée", evening(paris(2026, 11, 28))), "essai-gone@example.org", gone=True
    )
]


def title_of(event: FeedEvent, override: Override | None) -> str:
    content = event.content
    status = Status.CANCELLED if event.gone else content.status
    if override is not None:
        status = Status.CANCELLED if override.cancelled else override.status or status
    title = override.title if override is not None and override.title else content.title
    return summary(title, status)


def dates(event: FeedEvent) -> set[tuple[str, str, str, str]]:
    """The dates that our own pages show, as a reader would have them."""
    found = set()
    for single in expand(event.content, years=10, today=event.changed_at.date()):
        starts = single.when.starts
        if in_window(starts):
            ends = single.when.ends or starts
            title = title_of(event, single.override)
            found.add((event.uid, moment(starts), moment(ends), title))
    return found


def master(event: FeedEvent) -> Seen:
    """What every reader must see of the event itself, its description left out."""
    content = event.content
    online = content.status is Status.MOVED_ONLINE
    place = HALL if content.venue_id and not online and not event.gone else None
    elsewhere = "En ligne" if content.online_url or online else None
    ends = content.when.ends
    return Seen(
        uid=event.uid,
        original=None,
        summary=title_of(event, None),
        description="",
        location=address(place) if place else elsewhere,
        url=GIVEN_ADDRESS if content.url and not event.gone else event.public_url,
        status={Status.POSTPONED: "TENTATIVE", Status.CANCELLED: "CANCELLED"}.get(
            Status.CANCELLED if event.gone else content.status, "CONFIRMED"
        ),
        categories=content.categories,
        geo=(45.2027, 5.8333) if place else None,
        starts=moment(content.when.starts),
        ends=moment(ends) if ends else None,
        sequence=event.sequence,
        changed="2026-10-02T07:30:15Z",
    )


def without_description(seen: Seen) -> Seen:
    return replace(seen, description="")
