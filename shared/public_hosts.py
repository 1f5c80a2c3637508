"""Addresses that users give us to call: none may lead into our own network."""

import ipaddress
import socket
from urllib.parse import urlsplit

from shared.settings import settings


def public_url_error(url: str) -> str | None:
    """What is wrong with an address that we shall call, or None: HTTPS, on a host that the whole world reaches.

    A name may lead elsewhere tomorrow, so ask again when it is called. On a laptop any host will do.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "This is no address."
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        return "Leave out user names, passwords and what follows ? or #."
    schemes = {"https", "http"} if settings().allow_private_shops else {"https"}
    if parts.scheme not in schemes or not host:
        return "Give the whole address, beginning with https://."
    if settings().allow_private_shops:
        return None
    return _host_error(host, port or 443)


def _host_error(host: str, port: int) -> str | None:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return "There is no host of this name."
    if not all(_is_public(str(address[4][0])) for address in found):
        return "This host is not on the public Internet."
    return None


def _is_public(address: str) -> bool:
    ip: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        # An IPv4 address in another dress.
        ip = ip.ipv4_mapped or ip.sixtofour or ip
    return ip.is_global and not ip.is_multicast
