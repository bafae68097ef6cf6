"""Other people's calendars, taken in."""
