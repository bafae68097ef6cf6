"""Letters to people: written with the change that causes them, sent until they arrive."""
