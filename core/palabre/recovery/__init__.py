"""The way back when the administrators’ own pages are the broken part."""
