"""The first files of a theme or a plugin, written for its author: complete, and passing its checks."""

from collections.abc import Mapping
from pathlib import Path

from palabre.errors import Refused
from palabre.i18n import gettext as _

HERE = Path(__file__).parent


def write(kind: str, folder: Path, words: Mapping[str, str]) -> list[Path]:
    """Write the skeleton `kind` into `folder`, which must not be there yet.

    `words` replace `@name@` and the like, in texts and in the names of files. Returns what was
    written; raises Refused when the folder is there.
    """
    if folder.exists():
        raise Refused(_("{folder} existe déjà : rien n’a été écrit.").format(folder=folder))
    written = []
    for source in sorted((HERE / kind).rglob("*")):
        if source.is_dir() or "__pycache__" in source.parts:
            continue
        name = source.relative_to(HERE / kind).as_posix().removesuffix(".tmpl")
        target = folder / _filled(name, words)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_filled(source.read_text("utf-8"), words), encoding="utf-8")
        written.append(target)
    return written


def _filled(text: str, words: Mapping[str, str]) -> str:
    for name, value in words.items():
        text = text.replace(f"@{name}@", value)
    return text
