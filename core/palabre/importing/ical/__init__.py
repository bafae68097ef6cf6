"""From bytes to events: everything that reads iCalendar, and nothing that knows a database.

    decode.py      any bytes → UTF-8 octets with one kind of line end, or a clear refusal
    scan.py        octets → calendars and raw events, each with its line, key and hash
    lines.py       a raw event → its properties; a bad line spoils that line
    zones.py       TZID → IANA zone, by name, by Windows name, by the rules of its VTIMEZONE
    times.py       DTSTART, DTEND, DURATION → values.When
    recurrence.py  RRULE, RDATE, EXDATE, EXRULE → values.Recurrence
    text.py        what people wrote, made safe and short enough
    details.py     place, addresses, categories, status: a property → a field
    series.py      the raw events of one UID → the events to store
    calendar.py    the door: `open_calendar` and `read_series`

The lines are read here rather than by a library, for two reasons: a bad line must spoil that line
and say its number, and a file of 20,000 events must be compared with the last import in a second.
"""
