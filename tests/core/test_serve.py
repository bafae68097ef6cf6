"""`palabre serve`, as people start and stop it."""

import signal
import socket
from pathlib import Path

import httpx
import pytest

from tests.serving import STOP_SECONDS, Served, free_port, serve

MANY = 100  # the demo has about 150 events


def database_runs(served: Served) -> bool:
    return (served.data_dir / "postgresql" / "postmaster.pid").exists()


def test_it_prints_the_addresses_and_one_login_per_role(demo_site: Served) -> None:
    said = demo_site.said()

    assert f"{demo_site.url}\n" in said
    assert f"{demo_site.url}/agenda.ics" in said
    for account in ("administration", "moderation", "responsable", "redaction", "benevole"):
        assert f"{account}@demo.example" in said


def test_the_demo_is_there_and_says_that_it_is_one(demo_site: Served) -> None:
    page = httpx.get(f"{demo_site.url}/agenda")
    feed = httpx.get(f"{demo_site.url}/agenda.ics")

    assert page.status_code == 200
    assert "démonstration" in page.text
    assert feed.text.count("BEGIN:VEVENT") > MANY


def test_ctrl_c_stops_it_with_its_database_and_the_data_stay(data_dir: Path) -> None:
    with serve(data_dir) as served:
        made = served.run("organisation", "create", "Les Voisins", "--slug", "voisins")
        with socket.create_connection(("127.0.0.1", served.port)):  # a reader who stays
            assert served.stop(signal.SIGINT) == 0
        assert not database_runs(served)

        served.start()

        assert made.returncode == 0
        assert httpx.get(f"{served.url}/organisations/voisins").status_code == 200
        assert served.stop(signal.SIGTERM) == 0
        assert not database_runs(served)
        assert "Traceback" not in served.said()


def test_an_impatient_ctrl_c_stops_it_as_cleanly(data_dir: Path) -> None:
    with serve(data_dir) as served:
        for _ in range(5):
            served.process.send_signal(signal.SIGINT)  # type: ignore[union-attr]  # it runs
            served.wait(0.05)

        assert served.stop() == 0
        assert not database_runs(served)
        assert "Traceback" not in served.said()


def test_ctrl_c_while_it_starts_leaves_nothing_running(data_dir: Path) -> None:
    served = Served(data_dir, free_port())
    for delay in (0.1, 0.5, 0.9, 1.5):
        served.launch()
        served.wait(delay)
        served.stop()

        assert not database_runs(served)

    served.start()
    assert served.stop() == 0


def test_after_kill_9_the_next_start_takes_over(data_dir: Path) -> None:
    with serve(data_dir) as served:
        served.run("organisation", "create", "Les Voisins", "--slug", "voisins")
        served.kill()
        assert database_runs(served)

        served.start()

        assert httpx.get(f"{served.url}/organisations/voisins").status_code == 200


def test_kill_9_during_the_first_start_costs_nothing(data_dir: Path) -> None:
    served = Served(data_dir, free_port())
    for delay in (0.4, 0.8, 1.2, 1.6):
        served.launch()
        served.wait(delay)
        served.kill()

    served.start()

    assert httpx.get(f"{served.url}/agenda").status_code == 200
    assert served.stop() == 0


def test_a_taken_port_is_a_clear_error(data_dir: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        served = Served(data_dir, holder.getsockname()[1])

        done = served.run("serve", timeout=STOP_SECONDS)

    assert done.returncode == 2
    assert f"127.0.0.1:{served.port}" in done.stderr
    assert "PALABRE_PORT" in done.stderr
    assert "Traceback" not in done.stderr
    assert not data_dir.exists()


def test_a_second_serve_on_the_same_folder_is_refused(demo_site: Served) -> None:
    second = Served(demo_site.data_dir, free_port())

    done = second.run("serve", timeout=STOP_SECONDS)

    assert done.returncode == 2
    assert "PALABRE_DATA_DIR" in done.stderr
    assert httpx.get(f"{demo_site.url}/agenda").status_code == 200


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PALABRE_PORT", "eight thousand"),
        ("PALABRE_TIME_ZONE", "Europe/Nowhere"),
        ("PALABRE_BASE_URL", "agenda.example.org"),
    ],
)
def test_a_setting_that_means_nothing_is_named(data_dir: Path, variable: str, value: str) -> None:
    served = Served(data_dir, free_port(), {variable: value})

    done = served.run("serve", timeout=STOP_SECONDS)

    assert done.returncode == 2
    assert variable in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_that_does_not_answer_is_a_clear_error(data_dir: Path) -> None:
    port = free_port()
    nobody = f"postgresql://palabre:secret@127.0.0.1:{port}/palabre"
    served = Served(data_dir, free_port(), {"PALABRE_DATABASE_URL": nobody})

    done = served.run("serve", timeout=STOP_SECONDS)

    assert done.returncode == 2
    assert f"127.0.0.1:{port}" in done.stderr
    assert "secret" not in done.stderr
    assert "Traceback" not in done.stderr


def test_safe_mode_starts_the_core_alone(data_dir: Path) -> None:
    with serve(data_dir, PALABRE_SAFE_MODE="1") as served:
        assert httpx.get(f"{served.url}/agenda").status_code == 200
        assert httpx.get(f"{served.url}/festival").status_code == 404


@pytest.mark.parametrize(("trusted", "last"), [("127.0.0.1", 422), ("192.0.2.0/24", 429)])
def test_the_address_of_a_reader_is_believed_from_trusted_proxies_only(
    data_dir: Path, trusted: str, last: int
) -> None:
    """Ten guesses exhaust the limit of an address; an eleventh claims to come from another one."""
    guess = {"email": "personne@exemple.fr", "password": "faux"}

    with serve(data_dir, PALABRE_TRUSTED_PROXIES=trusted) as served:
        login = f"{served.url}/connexion"
        for _ in range(10):
            httpx.post(login, data=guess, headers={"x-forwarded-for": "198.51.100.1"})
        answer = httpx.post(login, data=guess, headers={"x-forwarded-for": "198.51.100.2"})

    assert answer.status_code == last
