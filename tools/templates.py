"""What a template may not do.

- inline scripts, styles and event handlers: the content security policy refuses them, and so do we;
- `|safe` and `autoescape false`: what is safe arrives as Markup from Python, where it is tested;
- anything fetched from another host: readers are not handed over to third parties;
- words that don't go through gettext: they could never be translated.
"""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from jinja2 import Environment, TemplateSyntaxError, nodes

from tools.workspace import relative, template_folders

SPOKEN_ATTRIBUTES = {"alt", "title", "placeholder", "aria-label", "aria-description", "label"}
FETCHING_ATTRIBUTES = {"src", "srcset", "action", "formaction", "poster"}
# A macro may print a part of a tag, which then looks like text: ` aria-invalid="true"`.
PART_OF_TAG = re.compile(r'[\s\ufffc]*([\w-]+="[^"]*"[\s\ufffc]*)+')
SILENT_ELEMENTS = {"script", "style", "code", "kbd"}
WORD = re.compile(r"[^\W\d_]{2,}")
PROPER_NAMES = {"Palabre", "iCalendar", "ICS", "JSON", "PDF", "RSS", "ics", "json"}
CLASS_BLOCK = "_class"  # {% block main_class %}narrow{% endblock %}: a word for the stylesheet
PATH = re.compile(r"\s*/[^\s]*\s*")  # macros may print an address
NO_PAGES = {"mail", "documents"}
VALUE = "\N{OBJECT REPLACEMENT CHARACTER}"  # stands for what a template prints at run time

environment = Environment(
    autoescape=True,
    extensions=["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"],
)


def complaints() -> list[str]:
    """Return one line per fault in any template of the workspace."""
    found: list[str] = []
    for folder in template_folders():
        for path in sorted(file for file in folder.rglob("*") if file.suffix in {".html", ".xml"}):
            source = path.read_text(encoding="utf-8")
            page = not NO_PAGES & set(path.relative_to(folder).parts)
            found += [f"{relative(path)}:{fault}" for fault in faults(source, page=page)]
    return found


def faults(source: str, *, page: bool = True) -> list[str]:
    """Return the faults of one template as "line: what is wrong".

    A letter or a printed document is no `page`: no policy rules it, and its looks stand inside.
    """
    try:
        tree = environment.parse(source)
    except TemplateSyntaxError as error:
        return [f"{error.lineno}: {error.message}"]
    reader = _Reader(may_style=not page)
    reader.feed(_skeleton(source))
    reader.close()
    return [*_unescaped(tree), *reader.found]


def _unescaped(tree: nodes.Template) -> Iterator[str]:
    for filtered in tree.find_all(nodes.Filter):
        if filtered.name == "safe":
            yield f"{filtered.lineno}: |safe; let Python return Markup"
    for scope in tree.find_all(nodes.EvalContextModifier):
        if any(option.key == "autoescape" for option in scope.options):
            yield f"{scope.lineno}: autoescape is not for templates to switch"


def _skeleton(source: str) -> str:
    """Return the HTML with every value replaced, every tag and translated block left out.

    Line breaks stay, so that a fault is reported on its own line.
    """
    parts: list[str] = []
    inside, silent = "", False
    for _line, kind, text in environment.lex(source):
        if kind == "data":
            parts.append(_breaks(text) if silent else text)
            continue
        if kind.endswith("_begin"):
            inside = kind.removesuffix("_begin")
            parts.append(VALUE if inside == "variable" else "")
        elif inside == "block" and kind == "name":
            if text == "trans" or text.endswith(CLASS_BLOCK):
                silent = True
            elif text in {"endtrans", "endblock"}:
                silent = False
        parts.append(_breaks(text))
        if kind.endswith("_end"):
            inside = ""
    return re.sub(f"<(/?){VALUE}", r"<\1x-value", "".join(parts))  # <{{ level }} class="…">


def _breaks(text: str) -> str:
    return "\n" * text.count("\n")


class _Reader(HTMLParser):
    def __init__(self, *, may_style: bool) -> None:
        super().__init__(convert_charrefs=True)
        self._may_style = may_style
        self.found: list[str] = []
        self._silent: list[str] = []

    def _complain(self, what: str) -> None:
        self.found.append(f"{self.getpos()[0]}: {what}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        data = given.get("type") in {"application/ld+json", "application/json"}
        if tag == "script" and "src" not in given and not data:
            self._complain("inline script")
        if (tag == "style" or "style" in given) and not self._may_style:
            self._complain("inline style")
        for name, value in given.items():
            self._check_attribute(tag, name, value, given)
        if tag in SILENT_ELEMENTS:
            self._silent.append(tag)

    def _check_attribute(self, tag: str, name: str, value: str, given: dict[str, str]) -> None:
        if name.startswith("on"):
            self._complain(f"inline event handler {name}")
        fetches = name in FETCHING_ATTRIBUTES or (tag == "link" and name == "href")
        if fetches and re.match(r"(https?:)?//", value.strip()):
            self._complain(f"{name} points to another host")
        if value.strip().lower().startswith("javascript:"):
            self._complain(f"{name} holds a script")
        button = tag == "input" and given.get("type") in {"submit", "button", "reset"}
        if name in SPOKEN_ATTRIBUTES or (button and name == "value"):
            self._check_words(value, f"{name}=")

    def handle_endtag(self, tag: str) -> None:
        if self._silent and self._silent[-1] == tag:
            self._silent.pop()

    def handle_data(self, data: str) -> None:
        if not (self._silent or PART_OF_TAG.fullmatch(data) or PATH.fullmatch(data)):
            self._check_words(data, "")

    def _check_words(self, text: str, where: str) -> None:
        words = [word for word in WORD.findall(text) if word not in PROPER_NAMES]
        if words:
            self._complain(f"{where}“{' '.join(text.split())[:60]}” does not go through gettext")
