"""Events, their dates and their places."""
