"""What ``--lan`` changes: this machine's addresses, the settings that follow; ``python -m realtime.lan`` lists them."""

import ipaddress
import socket
import sys
from collections.abc import Mapping

import psutil

LOOPBACK = "127.0.0.1"
EVERY_ADDRESS = "0.0.0.0"  # noqa: S104  (to be reached from the local network is what --lan is for)


def addresses() -> list[str]:
    """The IPv4 addresses by which others can reach this machine; IPv6 ones change daily, the certificate with them."""
    found = {
        one.address for interface in psutil.net_if_addrs().values() for one in interface if one.family is socket.AF_INET
    }
    own = {one for one in map(ipaddress.IPv4Address, found) if not (one.is_loopback or one.is_link_local)}
    return [str(one) for one in sorted(own)]


def environment(inherited: Mapping[str, str], own: list[str]) -> dict[str, str]:
    """The variables that ``--lan`` sets; an operator's own host and names stay."""
    named = [one.strip() for one in inherited.get("ANXUE_ALLOWED_HOSTS", "").split(",") if one.strip()]
    hosts = [*named, "localhost", LOOPBACK, *own]
    return {
        "ANXUE_HTTPS": "1",  # secure cookies
        "ANXUE_HOST": inherited.get("ANXUE_HOST", "").strip() or EVERY_ADDRESS,
        "ANXUE_ALLOWED_HOSTS": ",".join(dict.fromkeys(hosts)),
    }


if __name__ == "__main__":
    sys.stdout.write("".join(f"{one}\n" for one in addresses()))
