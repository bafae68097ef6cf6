"""The exchange's page, and the guard against ways to reach a pupil."""

from datetime import UTC, datetime

import pytest

from palabre.errors import Refused
from palabre.events.values import Content, Timed, Translation
from palabre.testing import Make, Visitor
from palabre_penpals.domain import CATEGORY, faults, pairs

WHEN = Timed(datetime(2027, 6, 4, 12, tzinfo=UTC), None, "UTC")


def content(description: str, category: str = CATEGORY) -> Content:
    return Content("Restitution", WHEN, description=description, categories=(category,))


async def test_the_page_names_the_pairs_and_whom_to_call(client: Visitor, make: Make) -> None:
    await make.event("Journée de restitution", categories=(CATEGORY,))

    text = (await client.get("/correspondance")).text

    assert "Collège Gérard Philipe" in text
    assert "Koussan" in text
    assert 'href="tel:119"' in text
    assert "Journée de restitution" in text


def test_four_pairs_write_to_each_other_now() -> None:
    assert [pair.partner for pair in pairs(current=True)] == [
        "Fongolimbi",
        "Koboye",
        "Koussan",
        "Ninéfécha",
    ]
    assert len(pairs(current=False)) == 4


@pytest.mark.parametrize(
    "text",
    [
        "Écrivez à awa@exemple.sn pour venir.",
        "Tél. 06 12 34 56 78",
        "Appelez le 06.12.34.56.78.",
        "WhatsApp : +221 77 123 45 67",
        "+33 (0)6 12 34 56 78",
        "0612345678",
        "06\u202f12\u202f34\u202f56\u202f78",
    ],
)
def test_ways_to_reach_somebody_are_refused(text: str) -> None:
    [fault] = faults(content(text))

    assert fault.field == "description"
    assert "ne donne pas de coordonnées" in fault.message


@pytest.mark.parametrize(
    "text",
    [
        "Le 14/11/2026 de 14 h 30 à 16 h, salle 12.",
        "Du 2026-11-14 au 2026-11-30, rendez-vous à 09:30.",
        "Plus de 200 élèves, 4 paires, 6e édition ; thème 2025-2028.",
        "Vendredi 14.11.2026, puis le 5-12-2026.",
        "38000 Grenoble, 12 rue des Écoles",
        "@college sur les réseaux",
    ],
)
def test_dates_numbers_and_addresses_of_schools_are_not(text: str) -> None:
    assert faults(content(text)) == []


def test_other_events_may_give_contacts() -> None:
    assert faults(content("contact@collectif.example", category="Débat")) == []


def test_translations_are_read_too() -> None:
    said = Content(
        "Restitution",
        WHEN,
        categories=(CATEGORY,),
        translations={"en": Translation("Meeting", "call 0612345678")},
    )

    assert [fault.field for fault in faults(said)] == ["translations"]


async def test_the_save_is_refused(site: object, make: Make) -> None:
    with pytest.raises(Refused) as refusal:
        await make.event("Restitution", description="0612345678", categories=(CATEGORY,))

    assert refusal.value.field == "description"
