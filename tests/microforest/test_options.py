"""An administrator names the category of plantings, and the page follows."""

from palabre.testing import LogIn, Make, Visitor


async def test_the_page_announces_the_category_that_was_chosen(
    login: LogIn, make: Make, client: Visitor
) -> None:
    await make.event("Chantier au verger", categories=("Haies",))
    before = (await client.get("/forets")).text

    member = await login("administrator")
    answer = await member.submit(
        "/administration/extensions/microforest/reglages", {"s-category": "Haies", "version": "0"}
    )

    assert answer.status_code == 303
    assert "Chantier au verger" not in before
    assert "Chantier au verger" in (await client.get("/forets")).text
