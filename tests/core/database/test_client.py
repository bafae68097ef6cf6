"""Which errors of asyncpg mean "the database is not there", and which are our own mistakes."""

import asyncpg
import pytest

from palabre.database.client import reachable
from palabre.errors import DatabaseUnavailable


@pytest.mark.parametrize(
    "fault",
    [
        ConnectionResetError(),
        TimeoutError(),
        asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
        asyncpg.CannotConnectNowError("the database system is starting up"),
        asyncpg.TooManyConnectionsError("sorry, too many clients already"),
        asyncpg.InterfaceError("cannot perform operation: connection is closed"),
        asyncpg.InternalClientError(
            "cannot switch to state 11; another operation (2) is in progress"
        ),
    ],
    ids=lambda fault: type(fault).__name__,
)
def test_a_database_that_is_not_there_is_one_exception(fault: Exception) -> None:
    with pytest.raises(DatabaseUnavailable, match="ne répond pas"), reachable():
        raise fault


def test_a_full_disk_says_so() -> None:
    full = "disque de la base de données est plein"
    with pytest.raises(DatabaseUnavailable, match=full), reachable():
        raise asyncpg.DiskFullError("could not extend file")


@pytest.mark.parametrize(
    "fault",
    [
        asyncpg.UniqueViolationError("duplicate key"),
        asyncpg.InterfaceError("cannot perform operation: another operation is in progress"),
        asyncpg.UndefinedTableError("relation does not exist"),
        ValueError("ours"),
    ],
    ids=lambda fault: type(fault).__name__,
)
def test_our_own_mistakes_stay_what_they_are(fault: Exception) -> None:
    with pytest.raises(type(fault)), reachable():
        raise fault
