"""PostgreSQL: embedded or a server, its connection and its migrations."""
