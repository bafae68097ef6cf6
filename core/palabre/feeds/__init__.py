"""What subscribers' calendars read."""
