"""Why may this person do that? The rules of `people.permissions`, answered in sentences."""
