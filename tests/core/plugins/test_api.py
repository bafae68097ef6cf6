"""The front door is a list: nothing comes or goes by accident."""

from palabre import api, hookspecs
from palabre.plugins.extension import GUARDS

NAMES = """
    API_VERSION MEMBER PUBLIC Accessibility AllDay Audience Check Conflict Content Denied Event
    EventChange EventDraft EventView Fault Manifest NavigationItem NotFound Page PalabreError
    PersonalData Place Price Publication Refused Status Timed Upcoming actor_of gettext hookimpl
    marked ngettext render slugify upcoming
"""
HOOKS = "event_committed health navigation page_slot routes validate_event"


def test_the_api_is_what_version_1_promises() -> None:
    assert sorted(api.__all__) == sorted(NAMES.split())
    assert all(hasattr(api, name) for name in api.__all__)
    assert api.API_VERSION == 1


def test_every_hook_makes_a_promise_and_explains_itself() -> None:
    assert sorted(hookspecs.PROMISES) == HOOKS.split()
    assert all(getattr(hookspecs, name).__doc__ for name in hookspecs.PROMISES)


def test_only_guards_fail_closed() -> None:
    assert {"validate_event"} == GUARDS
