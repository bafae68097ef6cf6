"""The register of processing (GDPR article 30), generated: the core's lines and the plugins'.

Nobody writes it by hand, so it can't be out of date: the core's activities are below, each table of
the inventory belongs to one; the plugins' lines come from their manifests.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from palabre import plugins
from palabre.hookvalues import Basis, PersonalData
from palabre.i18n import gettext as _
from palabre.i18n import marked
from palabre.legal.publisher import Publisher
from palabre.plugins.extension import Extension, Standing
from palabre.privacy.retention import PERIODS
from palabre.settings import Settings

BASES = {
    Basis.CONSENT: marked("consentement (art. 6.1.a)"),
    Basis.CONTRACT: marked("service que la personne demande (art. 6.1.b)"),
    Basis.LEGAL_OBLIGATION: marked("obligation légale (art. 6.1.c)"),
    Basis.VITAL_INTEREST: marked("sauvegarde des intérêts vitaux (art. 6.1.d)"),
    Basis.PUBLIC_TASK: marked("mission d’intérêt public (art. 6.1.e)"),
    Basis.LEGITIMATE_INTEREST: marked("intérêt légitime (art. 6.1.f)"),
}


@dataclass(frozen=True, slots=True)
class Activity:
    """Something that the core does with personal data; `periods` are names of PERIODS."""

    title: str
    purpose: str
    basis: Basis
    people: str
    data: str
    periods: tuple[str, ...]
    recipients: str


MEMBERS = marked("Personnes qui ont un compte ou qui sont invitées")

ACTIVITIES = {
    "accounts": Activity(
        marked("Comptes et connexion"),
        marked("Laisser entrer les personnes qui préparent l’agenda, et elles seules."),
        Basis.CONTRACT,
        MEMBERS,
        marked(
            "Nom, adresse électronique, langue, rôles ; empreinte du mot de passe et autres preuves"
            " d’identité ; appareils connectés (navigateur et système, en deux mots), dates de"
            " connexion."
        ),
        ("accounts", "erasures", "sessions", "links", "steps", "principals", "providers"),
        marked("La personne elle-même ; l’administration du site."),
    ),
    "members": Activity(
        marked("Membres des organisations"),
        marked("Savoir qui peut écrire et publier au nom de chaque organisation."),
        Basis.CONTRACT,
        MEMBERS,
        marked("Nom, adresse électronique, rôle dans l’organisation, invitations."),
        ("members", "invitations"),
        marked("Les responsables de l’organisation ; l’administration du site."),
    ),
    "events": Activity(
        marked("Événements et imports"),
        marked("Publier l’agenda, et pouvoir dire qui a écrit ou changé un événement."),
        Basis.LEGITIMATE_INTEREST,
        marked("Personnes qui écrivent, changent ou importent des événements"),
        marked("Auteur de chaque version d’un événement ou d’une page légale ; imports demandés."),
        ("authors", "imports"),
        marked(
            "Les membres de l’organisation et la modération. Le public ne voit pas les auteurs."
        ),
    ),
    "letters": Activity(
        marked("Courriels du site"),
        marked("Écrire à une personne ce qui la concerne : invitation, lien, sécurité du compte."),
        Basis.CONTRACT,
        MEMBERS,
        marked("Adresse électronique, objet et texte de la lettre, dates."),
        ("letters",),
        marked("La personne elle-même ; le service qui distribue le courriel."),
    ),
    "security": Activity(
        marked("Sécurité et journal"),
        marked("Repousser les intrusions, et pouvoir dire qui a fait quoi."),
        Basis.LEGITIMATE_INTEREST,
        marked("Personnes qui ont un compte ou qui essaient de se connecter"),
        marked(
            "Identifiant du compte, action, objet, date, sans contenu ; essais de connexion sous"
            " forme d’empreintes."
        ),
        ("audit", "tries"),
        marked("L’administration du site."),
    ),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the register, in the reader's language. `source` is "" for the core."""

    title: str
    purpose: str
    basis: str
    people: str
    data: str
    retention: str
    recipients: str
    hosts: str
    minors: bool
    source: str = ""


def lines(settings: Settings) -> list[Line]:
    """Return the register: the core's activities, then each installed plugin's, by its name."""
    own = [_core_line(name, settings) for name in ACTIVITIES]
    return own + [
        _plugin_line(extension, data)
        for extension in plugins.current().extensions
        for data in _declared(extension)
    ]


def holding_nothing() -> list[str]:
    """Return the titles of the plugins that declare no personal data."""
    return [
        extension.title
        for extension in plugins.current().extensions
        if extension.loaded.manifest and not _declared(extension)
    ]


def unreadable() -> list[str]:
    """Return the names of the plugins that couldn't be loaded: what they hold is not known."""
    return [
        extension.name
        for extension in plugins.current().extensions
        if extension.standing is Standing.REFUSED
    ]


def columns() -> dict[str, str]:
    """Return the titles of the register's columns, by the names of `Line`'s fields."""
    return {
        "title": _("Traitement"),
        "purpose": _("But"),
        "basis": _("Base légale"),
        "people": _("Personnes concernées"),
        "data": _("Données"),
        "retention": _("Durée de conservation"),
        "recipients": _("Destinataires"),
        "hosts": _("Machines contactées"),
        "minors": _("Mineurs"),
        "source": _("Extension"),
    }


def as_csv(register: Sequence[Line], responsible: Publisher) -> bytes:
    """Write the register as spreadsheets of French offices read it: semicolons, with a BOM.

    `responsible` is who answers for the processing, and whom to ask.
    """
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    titles = columns()
    who = {
        _("Responsable du traitement"): ", ".join(
            filter(None, (responsible.name, responsible.address))
        ),
        _("Contact"): responsible.officer or responsible.email,
    }
    writer.writerow([*titles.values(), *who])
    for line in register:
        row = {name: getattr(line, name) for name in titles}
        row["minors"] = _("oui") if line.minors else _("non")
        writer.writerow([_harmless(cell) for cell in (*row.values(), *who.values())])
    return text.getvalue().encode("utf-8-sig")


def _core_line(name: str, settings: Settings) -> Line:
    activity = ACTIVITIES[name]
    kept = [f"{_(PERIODS[p].title)} : {PERIODS[p].sentence}" for p in activity.periods]
    server = urlsplit(settings.smtp_url or "").hostname if name == "letters" else None
    return Line(
        _(activity.title),
        _(activity.purpose),
        _(BASES[activity.basis]),
        _(activity.people),
        _(activity.data),
        "\n".join(kept),
        _(activity.recipients),
        server or "",
        minors=False,
    )


def _plugin_line(extension: Extension, data: PersonalData) -> Line:
    manifest = extension.loaded.manifest
    return Line(
        _("{plugin} : {what}").format(plugin=_(extension.title), what=_(data.what)),
        _(data.purpose),
        _(BASES[data.basis]),
        _(data.people) if data.people else _(MEMBERS),
        _(data.what),
        _(data.retention),
        _(data.recipients) if data.recipients else _("Les membres ; l’administration du site."),
        ", ".join(manifest.hosts) if manifest else "",
        minors=bool(manifest and manifest.minors),
        source=extension.name,
    )


def _declared(extension: Extension) -> tuple[PersonalData, ...]:
    return extension.loaded.manifest.personal_data if extension.loaded.manifest else ()


def _harmless(cell: str) -> str:
    """Keep a spreadsheet from taking a text for a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t") else cell
