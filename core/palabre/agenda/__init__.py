"""What the public reads: lists, months, weeks, events, organisations, venues, search."""
