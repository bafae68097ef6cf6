"""Who did what to what: the journal that only grows."""
