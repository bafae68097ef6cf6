"""The log, kept readable: one call of a plugin writes at most LINES lines into it.

What `print` writes can't be told from anybody else's; the log's rotation bounds that.
"""

import logging

import structlog
from structlog.typing import EventDict, WrappedLogger

from palabre.database.spending import SPENDING

LINES = 50
ENOUGH = "plugin_says_too_much"


def bounded(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Pass on (structlog's processor) what a call writes, up to LINES; then say so once."""
    spoken = _lines_so_far()
    if spoken > LINES + 1:
        raise structlog.DropEvent
    return {"event": ENOUGH, "lines": LINES} if spoken == LINES + 1 else event


def is_bearable(_record: logging.LogRecord) -> bool:
    """Whether a line of the standard library's logging is to be written (a logging filter)."""
    return _lines_so_far() <= LINES


def _lines_so_far() -> int:
    spending = SPENDING.get()
    if spending is None:
        return 0
    spending.lines += 1
    return spending.lines
