"""What people do with events, as plain functions that know no request.

`rows` turns what an event says into columns and back; `saving` is the one door for writing it;
`transitions` moves it from state to state; `derived` keeps occurrences, search and fragments in
step with the rows, in the same transaction; `venues` finds, makes and merges places.
"""
