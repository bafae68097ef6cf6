import pytest

from palabre.web.typography import french

WIDE, NARROW = "\u00a0", "\u202f"


@pytest.mark.parametrize(
    ("written", "set_in_type"),
    [
        ("Quand ?", f"Quand{NARROW}?"),
        ("Oui ! Non ; si", f"Oui{NARROW}! Non{NARROW}; si"),
        ("Titre : court", f"Titre{WIDE}: court"),
        ("« Forêt »", f"«{WIDE}Forêt{WIDE}»"),
        ("à 18:30", "à 18:30"),
        ("https://exemple.org/?a", "https://exemple.org/?a"),
        (" : ", f"{WIDE}: "),
        ("un  ?", "un  ?"),
        ("", ""),
    ],
)
def test_spaces_before_high_punctuation_do_not_break(written: str, set_in_type: str) -> None:
    assert french(written) == set_in_type


def test_it_may_run_twice() -> None:
    once = french("Vraiment ? « Oui » : bien sûr !")

    assert french(once) == once
