"""Places, looked after by those who publish: corrected, and merged when the same twice."""
