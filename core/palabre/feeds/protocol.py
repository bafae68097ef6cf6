"""uvicorn's HTTP protocol with a short way for the commonest request of all.

A calendar that has the newest bytes asks, is told so (304) and is gone for an hour. uvicorn makes
a task, a cycle and a dozen dictionaries for it; here the request is parsed as ever (by llhttp, to
its last byte) and then answered on the spot, at a third of the cost. Whatever is not exactly that
takes the usual way through ASGI, where `FeedHttp` gives the same answer: the tests compare both.
"""

from typing import Any

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from palabre.feeds.http import FeedHttp

_STATUS = b"HTTP/1.1 304 Not Modified\r\n"


class FeedProtocol(HttpToolsProtocol):
    """Answers conditional requests for feeds that are up to date by itself."""

    _unchanged: bytes | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - uvicorn's own arguments
        super().__init__(*args, **kwargs)
        # Behind a proxy uvicorn puts this around the application; a feed is the same for everyone.
        app = self.app.app if isinstance(self.app, ProxyHeadersMiddleware) else self.app
        self._feeds = app if isinstance(app, FeedHttp) else None

    def on_headers_complete(self) -> None:
        """Find out whether the short way can be taken; otherwise start the application."""
        self._unchanged = None
        if self._feeds is not None and self._is_plain():
            self._unchanged = self._feeds.unchanged(self.url, self.headers)
        if self._unchanged is None:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of the request's body; a GET has none that matters."""
        if self._unchanged is None:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Answer, now that the request is read to its end."""
        if self._unchanged is None:
            super().on_message_complete()
            return
        parts = [_STATUS]
        for name, value in self.server_state.default_headers:  # the date
            parts += (name, b": ", value, b"\r\n")
        parts.append(self._unchanged)
        self._unchanged = None
        self.transport.write(b"".join(parts))
        self.on_response_complete()

    def _is_plain(self) -> bool:
        """Whether this is a GET on a lasting connection, with no other request before it."""
        return (
            self.parser.get_method() == b"GET"
            and (self.cycle is None or self.cycle.response_complete)
            and not self.pipeline
            and not self.flow.write_paused
            and not self.expect_100_continue
            and not self.parser.should_upgrade()
            and self.parser.should_keep_alive()
            and self.parser.get_http_version() == "1.1"
            and not self.transport.is_closing()
        )
