"""Our one-time passwords against a foreign implementation, and RFC 6238's own numbers."""

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from palabre.people.factors import totp


# RFC 6238 appendix B, SHA-1; eight digits there, of which six are the last six.
@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_the_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    assert totp.code_at(b"12345678901234567890", seconds // totp.STEP) == code


@given(st.binary(min_size=20, max_size=20), st.integers(0, 2**35))
def test_the_codes_are_those_of_another_program(secret: bytes, seconds: int) -> None:
    other = pyotp.TOTP(totp.key_of(secret))

    assert totp.code_at(secret, seconds // totp.STEP) == other.at(seconds)


@given(st.binary(min_size=20, max_size=20), st.integers(1000, 2**32), st.integers(-5, 5))
def test_a_clock_may_be_one_step_off(secret: bytes, seconds: int, off: int) -> None:
    code = totp.code_at(secret, seconds // totp.STEP + off)

    found = totp.step_of(secret, code, seconds)

    nearby = {totp.code_at(secret, seconds // totp.STEP + s) for s in (-1, 0, 1)}
    assert (found is not None) == (code in nearby)
    if abs(off) <= 1:
        assert found is not None
        assert totp.code_at(secret, found) == code


def test_junk_is_no_code() -> None:
    for junk in ("", "12345", "1234567", "٠١٢٣٤٥", "abcdef", "\x00"):
        assert totp.step_of(bytes(20), junk, 1e9) is None


def test_another_program_reads_the_address() -> None:
    secret = totp.new_secret()
    address = totp.address_of(secret, "zoé+fête@exemple.fr", "Agenda : l’été & Cie")

    found = pyotp.parse_uri(address)

    assert isinstance(found, pyotp.TOTP)
    assert found.secret == totp.key_of(secret)
    assert (found.name, found.issuer) == ("zoé+fête@exemple.fr", "Agenda l’été & Cie")
    assert totp.qr_code(address).startswith("data:image/svg+xml")
