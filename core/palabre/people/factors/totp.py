"""Time-based one-time passwords (RFC 6238) as every authenticator application makes them.

SHA-1, six digits, steps of thirty seconds: the profile that all applications know. A clock may be
one step early or late.
"""

import hmac
import secrets
from base64 import b32encode
from urllib.parse import quote, urlencode

STEP = 30  # seconds
DIGITS = 6
SKEW = 1  # steps, RFC 6238 section 5.2
SECRET_BYTES = 20  # RFC 4226 section 4, R6


def new_secret() -> bytes:
    """Return a fresh secret."""
    return secrets.token_bytes(SECRET_BYTES)


def code_at(secret: bytes, step: int) -> str:
    """Return the code of a step, counted in thirties of seconds since 1970 (RFC 4226 section 5.3)."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    at = digest[-1] & 0x0F
    number = int.from_bytes(digest[at : at + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def step_of(secret: bytes, code: str, now: float) -> int | None:
    """Return the step that `code` belongs to, at most SKEW away from `now`; None for none."""
    current = int(now) // STEP
    steps = range(current - SKEW, current + SKEW + 1)
    fits = [s for s in steps if hmac.compare_digest(code_at(secret, s).encode(), code.encode())]
    return fits[-1] if fits else None


def key_of(secret: bytes) -> str:
    """Return the secret as people type it into an application: base32."""
    return b32encode(secret).decode()


def address_of(secret: bytes, account: str, issuer: str) -> str:
    """Return the otpauth:// address that a QR code holds, as applications read it."""
    issuer = " ".join(issuer.replace(":", " ").split())  # some applications split at any colon
    label = f"{quote(issuer)}:{quote(account, safe='@')}"  # the separator is a bare colon
    said = urlencode({"secret": key_of(secret), "issuer": issuer}, quote_via=quote)
    return f"otpauth://totp/{label}?{said}"


def qr_code(address: str) -> str:
    """Return the QR code of an address as a data: image, made here."""
    import segno

    return segno.make(address, error="m", micro=False).svg_data_uri(
        scale=5, border=4, dark="#000", light="#fff"
    )
