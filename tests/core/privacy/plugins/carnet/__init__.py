"""A notebook of people's addresses: a plugin that holds personal data, and can be told to fail."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from carnet.models import Note
from palabre.api import Basis, Manifest, Person, PersonalData, PersonalRecords, hookimpl

manifest = Manifest(
    name="carnet",
    title="Carnet d’adresses",
    version="1",
    api=1,
    url="/carnet",
    personal_data=(
        PersonalData(
            "carnet_note",
            what="Adresse postale et téléphone",
            purpose="Envoyer le programme imprimé",
            retention="Deux ans",
            basis=Basis.CONSENT,
            people="Les membres qui demandent le programme imprimé",
            recipients="L’imprimerie",
        ),
    ),
    hosts=("imprimerie.example.org",),
    minors=True,
)

failing: set[str] = set()


@hookimpl
async def export_person(person: Person) -> Sequence[PersonalRecords]:
    _fail("export_person")
    notes = await Note.filter(user_id=person.user_id)
    return [PersonalRecords("Vos notes", [{"Téléphone": n.phone, "Le": n.at} for n in notes])]


@hookimpl
async def erase_person(person: Person) -> None:
    _fail("erase_person")
    await Note.filter(user_id=person.user_id).delete()


@hookimpl
async def forget_old(now: datetime) -> None:
    _fail("forget_old")
    await Note.filter(at__lt=now - timedelta(days=730)).delete()


def _fail(hook: str) -> None:
    if hook in failing:
        raise RuntimeError(hook)
