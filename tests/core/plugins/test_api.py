"""The front door is a list: nothing comes or goes by accident."""

import inspect

from palabre import api, hookspecs
from palabre.plugins.extension import GUARDS

NAMES = """
    API_VERSION
    Accessibility
    Actor
    AllDay
    Audience
    Basis
    Check
    ChildFailed
    Conflict
    Content
    DashboardCard
    Demo
    Denied
    Document
    Event
    EventChange
    EventDraft
    EventFace
    EventField
    EventMove
    EventSave
    EventSection
    EventView
    Fault
    FieldKind
    Job
    Limit
    ListFilter
    MEMBER
    Manifest
    NavigationItem
    NotFound
    Organisation
    OrganisationView
    PRINCIPAL
    PUBLIC
    Page
    PalabreError
    Permission
    PermissionRule
    Person
    PersonalData
    PersonalRecords
    Place
    PluginSettings
    Price
    Principal
    Publication
    Refused
    Role
    Run
    SiteRole
    Status
    Timed
    Upcoming
    active_for
    actor_of
    address_of
    document_of
    end_principals
    enter_principal
    forget_documents
    forgive
    gettext
    hookimpl
    job
    leave_principal
    marked
    may
    ngettext
    offer_document
    principal_of
    refresh_events
    refresh_lists
    render
    render_piece
    save_values
    setting
    settings_of
    slugify
    take
    upcoming
    visible
"""
HOOKS = """
    dashboard_cards
    demo_data
    erase_person
    event_committed
    event_faces
    event_sections
    event_transition
    events_saved
    export_person
    forget_old
    health
    jobs
    list_filters
    navigation
    page_slot
    permission_rules
    principal
    routes
    try_settings
    validate_event
"""


def test_the_api_is_what_version_1_promises() -> None:
    assert sorted(api.__all__) == sorted(NAMES.split())
    assert all(hasattr(api, name) for name in api.__all__)
    assert api.API_VERSION == 1


def test_every_hook_makes_a_promise_and_explains_itself() -> None:
    assert sorted(hookspecs.PROMISES) == HOOKS.split()
    assert [name for name in hookspecs.PROMISES if not _is_explained(name)] == []


def _is_explained(name: str) -> bool:
    """Whether a hook says when it is called, what it takes and gives, and shows how it is used."""
    function = getattr(hookspecs, name)
    parameters = list(inspect.signature(function).parameters)
    text = function.__doc__ or ""
    wanted = ["Called: ", "Example:\n", f"def {name}({', '.join(parameters)})"]
    wanted += [f"`{parameter}: " for parameter in parameters]
    wanted += ["Arguments: "] if parameters else []
    wanted += ["Returns: "] if hookspecs.PROMISES[name].gives is not type(None) else []
    return all(word in text for word in wanted)


def test_only_guards_fail_closed() -> None:
    assert {"erase_person", "event_transition", "principal", "validate_event"} == GUARDS
