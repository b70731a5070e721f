"""The certificate of the local network: its names, its year, when it is made again, and who may read its key."""

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from realtime import certificate, lan

NOW_MS = 1_900_000_000_000
NOW = datetime.fromtimestamp(NOW_MS / 1000, UTC)
DAY_MS = 24 * 3600 * 1000
ADDRESSES = ["127.0.0.1", "192.0.2.7"]


def read(file: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(file.read_bytes())


def test_it_names_the_addresses_and_localhost_for_a_year_and_vouches_for_nobody_else(tmp_path: Path) -> None:
    made = read(certificate.ensure(tmp_path / "tls", ADDRESSES, NOW_MS))

    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.IPAddress) == [ipaddress.ip_address(one) for one in ADDRESSES]
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert made.not_valid_before_utc <= NOW
    assert made.not_valid_after_utc - made.not_valid_before_utc == timedelta(days=365)
    assert not made.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_only_its_owner_can_read_the_key(tmp_path: Path) -> None:
    file = certificate.ensure(tmp_path / "tls", ADDRESSES, NOW_MS)
    file.chmod(0o644)  # somebody copied the folder carelessly
    certificate.ensure(tmp_path / "tls", ADDRESSES, NOW_MS)

    assert [one.name for one in file.parent.iterdir()] == ["lan.pem"]
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_it_stays_until_the_addresses_change_its_year_ends_or_it_is_damaged(tmp_path: Path) -> None:
    """A browser warns again after each new one, so one is made only when it must be."""
    first = read(certificate.ensure(tmp_path, ADDRESSES, NOW_MS))
    same = read(certificate.ensure(tmp_path, ADDRESSES[::-1], NOW_MS + 300 * DAY_MS))
    moved = read(certificate.ensure(tmp_path, ["127.0.0.1", "192.0.2.8"], NOW_MS))
    late = read(file := certificate.ensure(tmp_path, ["127.0.0.1", "192.0.2.8"], NOW_MS + 340 * DAY_MS))
    file.write_bytes(file.read_bytes()[200:])
    mended = read(certificate.ensure(tmp_path, ["127.0.0.1", "192.0.2.8"], NOW_MS + 340 * DAY_MS))

    serials = [one.serial_number for one in (first, same, moved, late, mended)]
    assert serials[0] == serials[1]
    assert len(set(serials)) == 4


def test_an_operators_own_host_and_names_stay() -> None:
    assert lan.environment({}, ["192.0.2.7"]) == {
        "ANXUE_HTTPS": "1",
        "ANXUE_HOST": "0.0.0.0",
        "ANXUE_ALLOWED_HOSTS": "localhost,127.0.0.1,192.0.2.7",
    }
    theirs = {"ANXUE_HOST": "192.0.2.7", "ANXUE_ALLOWED_HOSTS": "classroom.test,localhost"}
    assert lan.environment(theirs, ["192.0.2.7"]) == {
        "ANXUE_HTTPS": "1",
        "ANXUE_HOST": "192.0.2.7",
        "ANXUE_ALLOWED_HOSTS": "classroom.test,localhost,127.0.0.1,192.0.2.7",
    }


def test_the_machines_addresses_hold_none_that_others_cannot_reach() -> None:
    for one in map(ipaddress.IPv4Address, lan.addresses()):
        assert not one.is_loopback and not one.is_link_local and not one.is_unspecified
