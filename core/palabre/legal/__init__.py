"""The legal pages: who publishes, what is held about people, how accessible the site is."""
