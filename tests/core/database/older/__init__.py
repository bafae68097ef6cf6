"""Databases as older versions left them, rows included: `NNNN_name.sql`, made once, kept for good.

To keep today's schema as one more of them: `python -m tests.core.database.older`
"""
