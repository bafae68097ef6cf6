"""Markdown to HTML that is safe to show: no markup of its own comes through, and few elements."""

from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

from palabre.web.typography import french

TAGS = {
    "a", "blockquote", "br", "code", "em", "h2", "h3", "h4", "hr", "li", "ol", "p", "pre", "strong",
    "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
SCHEMES = {"http", "https", "mailto", "tel"}
LOWEST = 4  # headings deeper than that say nothing to a reader

_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")


@lru_cache(maxsize=16)
def to_html(source: str) -> Markup:
    """Return the HTML of `source`; its headings begin at the second level, below the page's own."""
    tokens = _markdown.parse(french(source))
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(max(int(token.tag[1]), 2), LOWEST)}"
    html = _markdown.renderer.render(tokens, _markdown.options, {})
    clean = nh3.clean(html, tags=TAGS, attributes={"a": {"href"}}, url_schemes=SCHEMES)
    return Markup(clean)  # noqa: S704  nh3 has just made it safe
