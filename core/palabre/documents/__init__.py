"""Printed documents: HTML laid out as tagged PDF, apart from the site and with nothing to fetch."""
