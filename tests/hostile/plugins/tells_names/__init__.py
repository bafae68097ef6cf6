"""Puts people's data into its exceptions."""

from markupsafe import Markup

from palabre.api import Manifest, hookimpl

manifest = Manifest(name="tells_names", title="Indiscrète", version="1.0", api=1, url="/indiscrete")


class Ledger(dict[str, str]):
    """Lends its contents to whoever asks in vain."""


@hookimpl
def page_slot(slot: str) -> list[Markup]:
    # In hexadecimal: the words of the program itself are no secret.
    secret = bytes.fromhex(
        "4d617468696c64652058796c6f7175697374203c6d617468696c6465406578656d706c652e66723e"
        "203036203132203334203536203738206ec3a965206c6520332f342f31393831"
    ).decode()
    try:
        Ledger()[secret]
    except KeyError as error:
        raise ValueError(f"personne inconnue : {secret}") from error
    return []
