"""How much a page is ready to receive, with an answer that people can read.

Starlette's own limit answers with two English words, past our error pages; hence this one.
"""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

# A browser that is still sending doesn't read: up to this many bytes are taken and thrown away, so
# that it gets its answer instead of a broken connection.
DISCARDED = 32 * 1024 * 1024


def limited(request: Request, limit: int) -> Request:
    """Return `request` with a body of at most `limit` bytes; reading more raises a 413."""
    receive = request.receive
    taken = 0

    async def receive_limited() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken <= limit:
            return message
        while message.get("more_body") and taken <= DISCARDED:
            message = await receive()
            taken += len(message.get("body", b""))
        raise HTTPException(413)

    return Request(request.scope, receive_limited)
