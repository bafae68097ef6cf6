"""The page that says in plain words how to subscribe to a list."""
