"""What people read when the embedded server can't start."""

import errno
import os
from pathlib import Path

import pytest

from palabre.database.cluster import words_for

FOLDER = Path("/srv/palabre/data")


def system_error(number: int) -> OSError:
    return OSError(number, os.strerror(number), str(FOLDER))


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (system_error(errno.ENOSPC), "Le disque est plein"),
        ('FATAL:  could not write lock file "postmaster.pid": No space left on device', "plein"),
        ("FATAL: could not extend file\nHINT:  Check free disk space.", "Le disque est plein"),
        (system_error(errno.EROFS), "est en lecture seule"),
        ("FATAL: could not create lock file: Read-only file system", "est en lecture seule"),
        (system_error(errno.EACCES), "n’a pas le droit d’écrire"),
        ('FATAL:  data directory "x" has wrong ownership', "n’a pas le droit d’écrire"),
        (system_error(errno.ENAMETOOLONG), "ne peut pas recevoir la base"),
        ("FATAL:  something new", "PostgreSQL dit :\nFATAL:  something new"),
    ],
)
def test_each_fault_has_its_sentence(fault: OSError | str, words: str) -> None:
    sentence = words_for(fault, FOLDER)

    assert words in sentence
    assert str(FOLDER) in sentence
