"""Where the core holds personal data: each table, whose its rows are, what becomes of them.

One list for the export, the erasure, the register and the tests. Every table of the core is either
a `Holding` or in `HARMLESS` with the reason; a test compares both with the database, so that a new
table or a new column such as `email` or `user_id` can't come in unnoticed. Plugins say theirs in
their manifest, and act by hooks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from palabre.i18n import marked


class Fate(StrEnum):
    """What an erasure does with the rows."""

    REMOVED = "removed"
    UNNAMED = "unnamed"  # they belong to others: only the person goes from them
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Shown:
    """One column of the export: its French words and its SQL over the row `t`.

    With `on_page` False it is in the machine-readable half alone.
    """

    title: str
    sql: str
    on_page: bool = True


@dataclass(frozen=True, slots=True)
class Holding:
    """A table that says something about people.

    `whose` is SQL over the row `t` and the person `p` (`p.id`, `p.email`). `shown` is what the
    export hands out, by name. `unnamed` are the columns that an erasure empties. `secrets` are
    columns that nobody gets, such as hashes of tokens. `activity` is the line of the register.
    """

    table: str
    title: str
    activity: str
    whose: str
    fate: Fate
    shown: Mapping[str, Shown]
    unnamed: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    order: str = "1"
    also: frozenset[str] = field(default=frozenset())  # columns that `whose` or `shown` go by

    @property
    def declared(self) -> frozenset[str]:
        """The columns that are spoken for."""
        return frozenset((*self.shown, *self.unnamed, *self.secrets)) | self.also


ORGANISATION = Shown(
    marked("Organisation"),
    "(SELECT o.name FROM core_organisation o WHERE o.id = t.organisation_id)",
)
EVENT = Shown(marked("Événement"), "(SELECT e.title FROM core_event e WHERE e.id = t.event_id)")
CREATED = Shown(marked("Le"), "t.created_at")

# In the order in which an erasure goes through them: the account itself last.
HOLDINGS: tuple[Holding, ...] = (
    Holding(
        "core_session",
        marked("Vos appareils connectés"),
        "accounts",
        "t.user_id = p.id",
        Fate.REMOVED,
        {
            "device": Shown(marked("Appareil"), "t.device"),
            "created_at": Shown(marked("Connecté le"), "t.created_at"),
            "seen_at": Shown(marked("Vu le"), "t.seen_at"),
            "expires_at": Shown(marked("Jusqu’au"), "t.expires_at"),
            "factors": Shown(marked("Entré avec"), "t.factors"),
        },
        secrets=("token_hash", "csrf_token"),
        also=frozenset({"user_id"}),
        order="t.created_at",
    ),
    Holding(
        "core_second_step",
        marked("Les connexions qui attendent leur deuxième étape"),
        "accounts",
        "t.user_id = p.id",
        Fate.REMOVED,
        {"expires_at": Shown(marked("Jusqu’au"), "t.expires_at")},
        secrets=("token_hash",),
        also=frozenset({"user_id"}),
    ),
    Holding(
        "core_totp",
        marked("Votre application d’authentification"),
        "accounts",
        "t.user_id = p.id",
        Fate.REMOVED,
        {"confirmed_at": Shown(marked("Ajoutée le"), "t.confirmed_at")},
        secrets=("secret",),
        also=frozenset({"user_id"}),
    ),
    Holding(
        "core_recovery_code",
        marked("Vos codes de secours"),
        "accounts",
        "t.user_id = p.id",
        Fate.REMOVED,
        {"kept": Shown(marked("Encore bon"), "true")},
        secrets=("code_hash",),
        also=frozenset({"user_id"}),
    ),
    Holding(
        "core_passkey",
        marked("Vos clés d’accès"),
        "accounts",
        "t.user_id = p.id",
        Fate.REMOVED,
        {
            "name": Shown(marked("Nom"), "t.name"),
            "created_at": Shown(marked("Ajoutée le"), "t.created_at"),
            "used_at": Shown(marked("Vue le"), "t.used_at"),
        },
        secrets=("credential_id", "public_key"),
        also=frozenset({"user_id"}),
        order="t.created_at",
    ),
    Holding(
        "core_challenge",
        marked("Les demandes en cours à vos clés d’accès"),
        "accounts",
        "t.user_id = p.id",
        Fate.REMOVED,
        {"expires_at": Shown(marked("Jusqu’au"), "t.expires_at")},
        secrets=("challenge",),
        also=frozenset({"user_id"}),
    ),
    Holding(
        "core_way_in",
        marked("Les liens de connexion et d’inscription en cours"),
        "accounts",
        "t.user_id = p.id OR t.email = p.email",
        Fate.REMOVED,
        {
            "purpose": Shown(marked("Pour"), "t.purpose"),
            "email": Shown(marked("Adresse"), "t.email"),
            "created_at": CREATED,
            "expires_at": Shown(marked("Jusqu’au"), "t.expires_at"),
        },
        secrets=("token_hash",),
        also=frozenset({"user_id"}),
        order="t.created_at",
    ),
    Holding(
        "core_identity",
        marked("Les fournisseurs d’identité qui ouvrent votre compte"),
        "accounts",
        "t.user_id = p.id",
        Fate.REMOVED,
        {
            "provider": Shown(marked("Fournisseur"), "t.provider"),
            "issuer": Shown(marked("Adresse"), "t.issuer"),
            "subject": Shown(marked("Vous y êtes"), "t.subject"),
            "created_at": Shown(marked("Depuis le"), "t.created_at"),
        },
        secrets=("id_token",),
        also=frozenset({"user_id"}),
        order="t.created_at",
    ),
    Holding(
        "core_oidc_journey",
        marked("Les passages en cours par un fournisseur d’identité"),
        "accounts",
        "t.user_id = p.id",
        Fate.REMOVED,
        {
            "provider": Shown(marked("Fournisseur"), "t.provider"),
            "expires_at": Shown(marked("Jusqu’au"), "t.expires_at"),
        },
        secrets=("token_hash", "invitation", "following"),
        also=frozenset({"user_id"}),
    ),
    Holding(
        "core_invitation",
        marked("Les invitations à votre adresse"),
        "members",
        "t.email = p.email",
        Fate.REMOVED,
        {
            "email": Shown(marked("Adresse"), "t.email"),
            "organisation": ORGANISATION,
            "role": Shown(marked("Rôle"), "t.role"),
            "site_roles": Shown(marked("Rôles sur le site"), "t.site_roles"),
            "created_at": CREATED,
            "used_at": Shown(marked("Acceptée le"), "t.used_at"),
        },
        secrets=("token_hash",),
        also=frozenset({"hands_over_id"}),
        order="t.created_at",
    ),
    Holding(
        "core_membership",
        marked("Vos rôles dans des organisations"),
        "members",
        "t.user_id = p.id",
        Fate.REMOVED,
        {
            "organisation": ORGANISATION,
            "role": Shown(marked("Rôle"), "t.role"),
            "created_at": Shown(marked("Depuis le"), "t.created_at"),
        },
        also=frozenset({"user_id"}),
        order="t.created_at",
    ),
    Holding(
        "core_mail",
        marked("Les courriels que le site vous a écrits"),
        "letters",
        "t.recipient = p.email",
        Fate.REMOVED,
        {
            "recipient": Shown(marked("À"), "t.recipient"),
            "subject": Shown(marked("Objet"), "t.subject"),
            "queued_at": Shown(marked("Écrit le"), "t.queued_at"),
            "sent_at": Shown(marked("Remis le"), "t.sent_at"),
            "failed_at": Shown(marked("Abandonné le"), "t.failed_at"),
        },
        # a letter on its way may hold a link that opens an account; sent, it is blank
        secrets=("text_body", "html_body"),
        order="t.queued_at",
    ),
    Holding(
        "core_import_job",
        marked("Vos imports de calendriers"),
        "events",
        "t.user_id = p.id",
        Fate.REMOVED,
        {
            "organisation": ORGANISATION,
            "location": Shown(marked("Origine"), "t.location"),
            "address": Shown(marked("Adresse"), "t.address"),
            "state": Shown(marked("État"), "t.state"),
            "created_at": CREATED,
        },
        also=frozenset({"user_id"}),
        order="t.created_at",
    ),
    Holding(
        "core_event",
        marked("Les événements que vous avez écrits"),
        "events",
        "t.created_by_id = p.id",
        Fate.UNNAMED,
        {
            "title": Shown(marked("Titre"), "t.title"),
            "organisation": ORGANISATION,
            "publication": Shown(marked("État"), "t.publication"),
            "starts": Shown(marked("Commence"), "coalesce(t.starts_at::text, t.starts_on::text)"),
            "slug": Shown(marked("Adresse de la page"), "'/evenements/' || t.slug"),
            "created_at": Shown(marked("Écrit le"), "t.created_at"),
            "description": Shown(marked("Description"), "t.description", on_page=False),
        },
        unnamed=("created_by_id",),
        order="t.created_at",
    ),
    Holding(
        "core_event_revision",
        marked("Ce que vous avez changé dans des événements"),
        "events",
        "t.actor_id = p.id",
        Fate.UNNAMED,
        {
            "event": EVENT,
            "action": Shown(marked("Action"), "t.action"),
            "version": Shown(marked("Version"), "t.version"),
            "at": Shown(marked("Le"), "t.at"),
            "content": Shown(marked("Contenu"), "t.content", on_page=False),
        },
        unnamed=("actor_id",),
        order="t.at",
    ),
    Holding(
        "core_legal_text",
        marked("Les mentions légales que vous avez écrites"),
        "events",
        "t.author_id = p.id",
        Fate.UNNAMED,
        {
            "page": Shown(marked("Page"), "t.page"),
            "at": Shown(marked("Le"), "t.at"),
            "source": Shown(marked("Contenu"), "t.source", on_page=False),
        },
        unnamed=("author_id",),
        order="t.id",
    ),
    Holding(
        "core_audit",
        marked("Le journal des actions"),
        "security",
        "t.actor = p.id::text OR t.object = p.id::text OR position(p.id::text in t.facts) > 0",
        Fate.KEPT,
        {
            "at": Shown(marked("Le"), "t.at"),
            "action": Shown(marked("Action"), "t.action"),
            "kind": Shown(marked("Sur"), "t.kind"),
            "by": Shown(
                marked("Par"),
                "CASE t.actor WHEN p.id::text THEN 'vous' WHEN 'system' THEN 'le site'"
                " WHEN 'anonymous' THEN 'sans compte' ELSE 'une autre personne' END",
            ),
            "facts": Shown(marked("Précisions"), "t.facts", on_page=False),
        },
        also=frozenset({"actor", "object"}),
        order="t.id",
    ),
    Holding(
        "core_erasure",
        marked("L’effacement demandé"),
        "accounts",
        "t.user_id = p.id",
        Fate.REMOVED,
        {
            "reason": Shown(marked("Raison"), "t.reason"),
            "asked_at": Shown(marked("Demandé le"), "t.asked_at"),
            "due_at": Shown(marked("Prévu le"), "t.due_at"),
        },
        also=frozenset({"user_id"}),
    ),
    Holding(
        "core_user",
        marked("Votre compte"),
        "accounts",
        "t.id = p.id",
        Fate.REMOVED,
        {
            "email": Shown(marked("Adresse"), "t.email"),
            "display_name": Shown(marked("Nom"), "t.display_name"),
            "language": Shown(marked("Langue des courriels"), "t.language"),
            "site_roles": Shown(marked("Rôles sur le site"), "t.site_roles"),
            "is_active": Shown(marked("Ouvert"), "t.is_active"),
            "created_at": Shown(marked("Créé le"), "t.created_at"),
            "last_login_at": Shown(marked("Dernière connexion"), "t.last_login_at"),
        },
        secrets=("password_hash",),
    ),
)

# Tables that say nothing about the people who use the site, and why.
HARMLESS: Mapping[str, str] = {
    "core_co_organiser": "organisations only",
    "core_event_due": "which events a plugin is still to be asked about",
    "core_document": "printed documents, made again when wanted; every erasure empties it",
    "core_fragment": "what the feeds publish of an event; no author",
    "core_imported_content": "what an imported calendar says of an event",
    "core_job": "what the program has to do: arguments are ids, errors stay thirty days",
    "core_list_filter": "names of filters that plugins had",
    "core_migration": "the program's own history",
    "core_occurrence": "dates of events",
    "core_organisation": "bodies, whose names and pages are public",
    "core_outbox": "which event changed, for a week at most",
    "core_plugin": "what was decided about plugins; by whom is in the journal",
    "core_plugin_cost": "what plugins cost, in sums",
    "core_plugin_error": "how plugins failed: words of the program alone, see plugins/troubles.py",
    "core_plugin_organisation": "which organisations use a plugin",
    "core_plugin_permission": "which roles have a plugin's actions",
    "core_principal_session": "a plugin's own people, by a key that only it understands; a day at most",
    "core_rate_limit": "hashes and counts, for a day at most",
    "core_recovery": "keys to the recovery page, hashed, for half an hour at most",
    "core_retention": "when data were looked through",
    "core_schedule": "when jobs were last due",
    "core_setting": "what the site says and remembers of itself, its publisher included",
    "core_source": "where an organisation imports from",
    "core_source_event": "what came from there",
    "core_venue": "public places",
}
