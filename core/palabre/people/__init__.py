"""People, the organisations they act for, and what they may do."""
