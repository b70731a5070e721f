"""The server's own certificate for a local network: made once, made again when the addresses change or its year ends."""

import contextlib
import ipaddress
import os
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALID = timedelta(days=365)  # phones refuse a longer one
EARLY = timedelta(days=1)  # a phone's clock may be behind ours
RENEW_BEFORE_END = timedelta(days=30)
NAME = "localhost"


def ensure(folder: Path, addresses: Sequence[str], now_ms: int) -> Path:
    """The file that holds the key and a certificate of these addresses; only its owner may read it."""
    now = datetime.fromtimestamp(now_ms / 1000, UTC)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = folder / "lan.pem"
    if not _usable(file, addresses, now):
        draft = folder / f"lan.{os.getpid()}.{secrets.token_hex(4)}"
        draft.touch(mode=0o600)
        draft.write_bytes(_made(addresses, now))
        draft.replace(file)  # whole or not at all
    file.chmod(0o600)
    return file


def _usable(file: Path, addresses: Sequence[str], now: datetime) -> bool:
    with contextlib.suppress(OSError, ValueError, x509.ExtensionNotFound):
        pem = file.read_bytes()
        certificate = x509.load_pem_x509_certificate(pem)
        serialization.load_pem_private_key(pem, None)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        known = {str(one) for one in names.get_values_for_type(x509.IPAddress)}
        begun = certificate.not_valid_before_utc <= now
        return known == set(addresses) and begun and now < certificate.not_valid_after_utc - RENEW_BEFORE_END
    return False


def _made(addresses: Sequence[str], now: datetime) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "classroom")])
    names = [x509.DNSName(NAME), *(x509.IPAddress(ipaddress.ip_address(one)) for one in addresses)]
    usage = x509.KeyUsage(True, False, False, False, False, False, False, False, False)  # signs handshakes, no more
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - EARLY)
        .not_valid_after(now - EARLY + VALID)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)  # vouches for nobody else
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)
