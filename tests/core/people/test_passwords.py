"""Passwords: long is enough, common or personal is not."""

import pytest

from palabre.errors import Refused
from palabre.people.passwords import JUDGED, MAX_LENGTH, hash_password, verify_password

ABOUT = ("anna.durand@mairie-mens.fr", "Anna Durand")


@pytest.mark.parametrize(
    "password",
    [
        "lune pain vélo orage",
        "sous-l-arbre-a-palabres",
        "correct horse battery staple",
        "цыплёнок жареный пароход",
        "x7$Kq!pL9zWv",
    ],
)
async def test_length_is_enough(password: str) -> None:
    hashed = await hash_password(password, ABOUT)

    assert hashed.startswith("$argon2id$")
    assert await verify_password(hashed, password)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("court", "12"),
        ("a" * (MAX_LENGTH + 1), "trop long"),
        ("password1234", "facile"),
        ("P@ssw0rd1234", "facile"),
        ("motdepasse1234", "facile"),
        ("azertyazerty", "facile"),
        ("azertyuiop123", "facile"),
        ("123456789012", "facile"),
        ("aaaaaaaaaaaaaaaaaaaa", "facile"),
        ("bonjourbonjour", "facile"),
        ("palabrepalabre", "facile"),
        ("soleilsoleil12", "facile"),
        ("vive durand et le vélo", "votre nom"),
        ("DURAND-la-plus-forte", "votre nom"),
        ("mairie sous la pluie", "votre nom"),
    ],
)
async def test_common_and_personal_ones_are_refused_in_words(password: str, why: str) -> None:
    with pytest.raises(Refused) as refused:
        await hash_password(password, ABOUT)

    assert refused.value.field == "password"
    assert why in refused.value.message
    assert password not in refused.value.message


async def test_a_common_beginning_of_many_signs_is_refused_whatever_follows() -> None:
    with pytest.raises(Refused):
        await hash_password("a" * JUDGED + "lune pain vélo orage")


async def test_short_names_do_not_forbid_words() -> None:
    assert await hash_password("banane-lune-vélo-orage", ("ana@ex.fr", "Ana Li"))
