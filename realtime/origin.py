"""Refuses sockets that another site's page opens with the learner's cookie."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from django.http.request import split_domain_port, validate_host


def same_origin(headers: Mapping[bytes, bytes], allowed_hosts: Sequence[str]) -> bool:
    """Whether the page's origin is the host it calls, and that host is ours.

    The scheme isn't compared: behind a proxy that ends TLS the server sees none. A client without Origin is no browser,
    and no honest page.
    """
    origin, host = headers.get(b"origin"), headers.get(b"host")
    if origin is None or host is None:
        return False
    try:
        if urlsplit(origin.decode("ascii")).netloc.lower() != host.decode("ascii").lower():
            return False
        domain, _ = split_domain_port(host.decode("ascii"))
    except ValueError:
        return False
    return bool(domain) and validate_host(domain, list(allowed_hosts))
