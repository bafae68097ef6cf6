"""The species, each with its sources, as a page, a file and a check."""

import csv
import io

from palabre.testing import Make, Visitor
from palabre_microforest.domain import check_sources, sources, species


async def test_the_page_shows_every_species_and_links_its_sources(client: Visitor) -> None:
    text = (await client.get("/forets")).text

    assert text.count('<th scope="row">') == 44
    assert "Les 44 espèces" in text
    assert '<i lang="la">Adansonia digitata</i>' in text
    assert all(f'id="source-{code}"' in text for code in sources())
    assert text.count('href="#source-') == sum(len(one.sources) for one in species())


async def test_it_warns_of_the_toxic_one(client: Visitor) -> None:
    assert "écorce toxique" in (await client.get("/forets")).text


async def test_it_shows_the_coming_plantings(client: Visitor, make: Make) -> None:
    await make.event("Journée de l’arbre", categories=("Micro-forêts",))

    assert "Journée de l’arbre" in (await client.get("/forets")).text


async def test_the_list_can_be_taken_along(client: Visitor) -> None:
    answer = await client.get("/forets/especes.csv")

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert len(list(csv.DictReader(io.StringIO(answer.text)))) == 44


def test_every_species_names_documents_that_are_listed() -> None:
    check = check_sources()

    assert check.well
    assert check.title == "44 espèces, chacune avec ses sources"
