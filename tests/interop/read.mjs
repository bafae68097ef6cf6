// Reads a calendar on standard input with ical.js and writes what it saw as JSON.
// Arguments: the first and the last day of the window, 2026-01-01 2027-01-01.
import { readFileSync } from "node:fs";
import ICAL from "./vendor/ical.min.mjs";

const [from, to] = process.argv.slice(2).map((day) => Date.parse(`${day}T00:00:00Z`));
const calendar = new ICAL.Component(ICAL.parse(readFileSync(0, "utf8")));
for (const zone of calendar.getAllSubcomponents("vtimezone")) {
  ICAL.TimezoneService.register(new ICAL.Timezone(zone));
}

const moment = (time) =>
  time.isDate ? time.toString() : new Date(time.toUnixTime() * 1000).toISOString();

function fields(component) {
  const value = (name) => component.getFirstPropertyValue(name);
  const geo = value("geo");
  const end = component.hasProperty("dtend") ? value("dtend") : null;
  const original = component.hasProperty("recurrence-id") ? value("recurrence-id") : null;
  const categories = component.getFirstProperty("categories");
  return {
    uid: value("uid"),
    original: original && moment(original),
    summary: value("summary"),
    description: value("description"),
    location: value("location"),
    url: value("url"),
    status: value("status"),
    categories: categories ? categories.getValues() : [],
    geo: geo ? geo.map(Number) : null,
    starts: moment(value("dtstart")),
    ends: end && moment(end),
    sequence: value("sequence"),
    changed: moment(value("last-modified")),
  };
}

function occurrences(master, changes) {
  const event = new ICAL.Event(master, { exceptions: changes });
  const found = [];
  const add = (item, start, end) => {
    const begins = start.toUnixTime() * 1000;
    if (begins >= from && begins < to) {
      found.push([event.uid, moment(start), moment(end), item.summary]);
    }
  };
  if (!event.isRecurring()) {
    add(event, event.startDate, event.endDate);
    return found;
  }
  const dates = event.iterator();
  for (let next = dates.next(); next && next.toUnixTime() * 1000 < to + 1e10; next = dates.next()) {
    const { item, startDate, endDate } = event.getOccurrenceDetails(next);
    add(item, startDate, endDate);
  }
  return found;
}

const components = calendar.getAllSubcomponents("vevent");
const uid = (component) => component.getFirstPropertyValue("uid");
const masters = components.filter((component) => !component.hasProperty("recurrence-id"));
process.stdout.write(
  JSON.stringify({
    events: components.map(fields),
    occurrences: masters.flatMap((master) =>
      occurrences(
        master,
        components.filter((other) => other !== master && uid(other) === uid(master)),
      ),
    ),
  }),
);
