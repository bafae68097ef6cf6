"""Contents and feed events for these tests, from plain to hostile."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from palabre.events.values import (
    Accessibility,
    AllDay,
    Audience,
    Content,
    Image,
    Override,
    Place,
    Price,
    Recurrence,
    Status,
    Timed,
    Translation,
)
from palabre.events.zones import at_wall_clock
from palabre.feeds.body import Builder, Member
from palabre.feeds.calendar import Format, Heading, body
from palabre.feeds.values import FeedEvent, Organiser
from palabre.feeds.vevent import render

VENUE, OTHER_VENUE = UUID(int=71), UUID(int=72)
HALL = Place("Salle « des fêtes »", "1, rue du Puits", "38420", "Domène", "FR", 45.2027, 5.8333)
RIVER = Place('Chez "Awa"', "", "", "Kédougou", "SN", 12.5556, -12.1744)
HEADING = Heading(
    "Agenda d’essai",
    "https://agenda.example.org/agenda.ics",
    "https://agenda.example.org/agenda",
    "Europe/Paris",
)
CHANGED = datetime(2026, 10, 2, 7, 30, 15, 250_000, tzinfo=UTC)


def paris(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=ZoneInfo("Europe/Paris"))


def evening(start: datetime, hours: float = 2) -> Timed:
    zone = start.tzinfo
    assert isinstance(zone, ZoneInfo)
    ends = (start.astimezone(UTC) + timedelta(hours=hours)).astimezone(zone)
    return Timed(start, ends, zone.key)


def feed_event(content: Content, uid: str = "essai-1@example.org", **fields: object) -> FeedEvent:
    given: dict[str, object] = {
        "slug": "essai",
        "sequence": 3,
        "created_at": datetime(2026, 9, 1, 12, tzinfo=UTC),
        "changed_at": CHANGED,
        "organiser": Organiser("MJC d’Uriage", "mjc"),
        "public_url": "https://agenda.example.org/evenements/essai",
        "place": HALL if content.venue_id == VENUE else None,
        "places": {VENUE: HALL, OTHER_VENUE: RIVER},
    }
    return FeedEvent(content, uid, **{**given, **fields})  # type: ignore[arg-type]  # any field


def calendar(*events: FeedEvent, form: Format = Format.ICS) -> bytes:
    """Return the bytes of a feed with these events."""
    builder = Builder(form.separator)
    for number, event in enumerate(events):
        made = render(event)
        data = made.ics if form is Format.ICS else made.json
        years = (made.first_year, made.last_year)
        member = Member(UUID(int=number).bytes, len(data), made.zones, years, made.last_modified)
        builder.add([(member, data)])
    return b"".join(body(form, HEADING, builder.finish()).plain())


RICH = Content(
    title="Soirée « Regards croisés » ; échanges, thé",
    when=evening(paris(2026, 11, 17, 20)),
    description="Une soirée pour parler.\n\nOn lit : C:\\temp, \\n, « ; » et “,” — bissap offert 🌳",
    recurrence=Recurrence(
        "FREQ=WEEKLY;BYDAY=TU;UNTIL=20270119T190000Z",
        rdates=(paris(2027, 1, 22, 18),),
        exdates=(paris(2026, 12, 22, 20), paris(2026, 12, 29, 20)),
    ),
    overrides=(
        Override(paris(2026, 11, 24, 20), cancelled=True),
        Override(
            paris(2026, 12, 1, 20),
            when=evening(paris(2026, 12, 2, 19), 3),
            title="Soirée spéciale",
            description="Avec des invitées.",
            venue_id=OTHER_VENUE,
        ),
        Override(paris(2026, 12, 8, 20), status=Status.FULL),
    ),
    venue_id=VENUE,
    online_url="https://visio.example.org/salle-é",
    url="https://mjc.example.org/réserver?soir=1&n=2",
    categories=("Rencontre", "Correspondance scolaire"),
    audience=Audience.FAMILIES,
    price=Price.OPEN,
    price_text="à partir de 2 €",
    accessibility=(Accessibility.MOTOR, Accessibility.HEARING),
    image=Image("https://mjc.example.org/été.jpg", "Un arbre", "MJC"),
    translations={"en": Translation("Crossed views", "Come and talk.")},
)

_words = st.text(max_size=120)
_zones = st.sampled_from(
    ["Europe/Paris", "Africa/Dakar", "Asia/Yerevan", "Africa/Casablanca", "UTC", "Asia/Kolkata",
     "America/St_Johns", "Australia/Lord_Howe", "Europe/Dublin", "Africa/Cairo"]
)  # fmt: skip
_rules = st.sampled_from(
    ["FREQ=DAILY;COUNT=4", "FREQ=WEEKLY;INTERVAL=2;COUNT=5", "FREQ=WEEKLY", "FREQ=YEARLY;COUNT=3",
     "FREQ=MONTHLY;COUNT=6", "FREQ=DAILY;UNTIL=20400101", "FREQ=WEEKLY;BYDAY=MO,TH;COUNT=9"]
)  # fmt: skip
_links = st.sampled_from(
    ["", "https://éxample.org/è?q=ü#ß", "javascript:alert(1)", "https://a b/", "http://[::1]:8/x",
     "http://x:99999999/", "https://u:p@h/", "https://h/" + "é" * 90, "mailto:a@example.org"]
)  # fmt: skip


@st.composite
def _whens(draw: st.DrawFn) -> Timed | AllDay:
    zone = draw(_zones)
    naive = draw(st.datetimes(datetime(2001, 1, 1), datetime(2090, 1, 1)))  # noqa: DTZ001  a wall clock, its zone comes below
    naive = naive.replace(second=0, microsecond=0)
    if draw(st.booleans()):
        first = naive.date()
        return AllDay(first, first + timedelta(draw(st.integers(1, 20))), zone)
    starts = at_wall_clock(naive, ZoneInfo(zone))
    lasts = draw(st.none() | st.integers(0, 4000))
    ends = None
    if lasts is not None:
        ends = (starts.astimezone(UTC) + timedelta(minutes=lasts)).astimezone(ZoneInfo(zone))
    return Timed(starts, ends, zone)


@st.composite
def contents(draw: st.DrawFn) -> Content:
    when = draw(_whens())
    rule = draw(st.none() | _rules)
    return Content(
        title=draw(_words.filter(str.strip)),
        when=when,
        description=draw(_words),
        recurrence=Recurrence(rule) if rule else None,
        status=draw(st.sampled_from(Status)),
        venue_id=draw(st.sampled_from([None, VENUE])),
        online_url=draw(_links),
        url=draw(_links),
        categories=tuple(
            draw(st.lists(st.from_regex(r"\A[^,;\\\s\0-\x1f\x7f-\x9f]+\Z"), max_size=3))
        ),
        audience=draw(st.sampled_from(Audience)),
        price=draw(st.sampled_from(Price)),
        price_text=draw(_words),
        accessibility=tuple(draw(st.sets(st.sampled_from(Accessibility)))),
        image=draw(st.none() | st.builds(Image, _links, _words)),
        translations=draw(
            st.dictionaries(
                st.sampled_from(["en", "hy", "wo", "zz"]), st.builds(Translation, _words, _words)
            )
        ),
    )


def day(year: int, month: int, number: int) -> date:
    return date(year, month, number)
