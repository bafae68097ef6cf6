"""Write docs/reference from the code, so that it can't be wrong: `make docs`.

`complaints()` says which page is no longer what the code says; a test asks it.
"""

import inspect
import sys
from pathlib import Path

import typer
from typer.core import TyperGroup

from palabre import hookspecs, settings
from palabre.agenda.core_filters import CORE_FILTERS
from palabre.cli import app
from tools.setup import ROOT

FOLDER = ROOT / "docs" / "reference"
NOTE = "<!-- Written by `make docs` from the code; change it there. -->\n\n"


def main() -> int:
    """Write the pages."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(ROOT))
    return 0


def complaints() -> list[str]:
    """Return one line per reference page that differs from the code."""
    return [
        f"{path.relative_to(ROOT)} differs from the code; run `make docs`"
        for path, text in pages().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]


def pages() -> dict[Path, str]:
    """Return the reference: path → text."""
    return {
        FOLDER / "README.md": NOTE + _index(),
        FOLDER / "settings.md": NOTE + _settings(),
        FOLDER / "commands.md": NOTE + _commands(),
        FOLDER / "hooks.md": NOTE + _hooks(),
        FOLDER / "filters.md": NOTE + _filters(),
    }


def _index() -> str:
    return (
        "# Reference\n\n"
        "- [settings.md](settings.md): the environment variables\n"
        "- [commands.md](commands.md): the command line\n"
        "- [hooks.md](hooks.md): what a plugin may do, and what happens when it fails\n"
        "- [filters.md](filters.md): what lists, feeds and the API can be narrowed by\n"
    )


def _settings() -> str:
    table = [line for line in (settings.__doc__ or "").splitlines() if line.startswith("|")]
    return (
        "# Settings\n\n"
        "Environment variables, read once at start. An empty value counts as unset.\n\n"
        + "\n".join(table)
        + "\n"
    )


def _commands() -> str:
    command = typer.main.get_command(app)
    context = typer.Context(command, info_name="palabre")
    sections = [f"# Commands\n\n{command.help or ''}\n"]
    sections += [_command(inner) for inner in _leaves(context)]
    return "\n".join(sections)


def options() -> dict[str, set[str]]:
    """Return the options of each command: "palabre plugin list" → {"--help", …}."""
    context = typer.Context(typer.main.get_command(app), info_name="palabre")
    return {
        leaf.command_path: {
            name for parameter in leaf.command.get_params(leaf) for name in parameter.opts
        }
        for leaf in _leaves(context)
    }


def _filters() -> str:
    rows = [
        f"| `{f.name}` | {f.label} | {', '.join(f'`{value}`' for value in f.choices)}"
        f" | {'yes' if f.several else 'no'} |"
        for f in CORE_FILTERS
    ]
    return (
        "# Filters\n\n"
        "Query parameters that narrow a list: the pages, `/agenda.ics`, `/agenda.json` and\n"
        "`/api/v1/events` take the same ones, so `/agenda?commune=voiron&prix=gratuit` and\n"
        "`/agenda.ics?commune=voiron&prix=gratuit` are one selection. Dates are written 2026-11-14 or\n"
        "14/11/2026 and count in the site's time zone. A parameter given several times takes any of\n"
        "its values; `accessibilite` takes all of them. Unknown parameters are ignored, values that\n"
        "can't be meant are refused with a sentence.\n\n"
        "| parameter | name in forms | values | several |\n| --- | --- | --- | --- |\n"
        + "\n".join(rows)
        + "\n"
    )


def _leaves(context: typer.Context) -> list[typer.Context]:
    """Return the contexts of all commands below a group, in the order of their names."""
    if not isinstance(context.command, TyperGroup):
        return [context]
    inner = sorted(context.command.commands.items())
    return [
        leaf
        for name, command in inner
        for leaf in _leaves(typer.Context(command, info_name=name, parent=context))
    ]


def _command(context: typer.Context) -> str:
    usage = " ".join([context.command_path, *context.command.collect_usage_pieces(context)])
    lines = [f"## {context.command_path}", "", f"`{usage}`", "", context.command.help or "", ""]
    records = [
        record
        for parameter in context.command.get_params(context)
        if (record := parameter.get_help_record(context)) and "--help" not in record[0]
    ]
    if records:
        lines += ["| | |", "| --- | --- |"]
        lines += [f"| `{name}` | {' '.join(text.split())} |" for name, text in records]
        lines.append("")
    return "\n".join(lines)


def _hooks() -> str:
    introduction = inspect.cleandoc(hookspecs.__doc__ or "").partition("\n")[2].strip()
    return "\n".join([f"# Hooks\n\n{introduction}\n", *map(_hook, sorted(hookspecs.PROMISES))])


def _hook(name: str) -> str:
    promise = hookspecs.PROMISES[name]
    function = getattr(hookspecs, name)
    arguments = ", ".join(inspect.signature(function).parameters)
    text = (inspect.getdoc(function) or "").replace("Example:\n", "Example:\n\n")
    gives = "nothing" if promise.gives is type(None) else f"a list of `{promise.gives.__name__}`"
    return (
        f"## {name}\n\n`{name}({arguments})` · gives {gives} · when it fails,"
        f" {promise.failing.value} · budget {promise.seconds:g} s\n\n"
        f"{text}\n"
    )


if __name__ == "__main__":
    sys.exit(main())
