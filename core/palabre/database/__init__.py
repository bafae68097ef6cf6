"""PostgreSQL, the only engine: the embedded server, connections, migrations."""
