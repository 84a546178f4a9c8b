"""Which proxy a request goes through, by the variables of the environment.

`NO_PROXY` is read as Go and curl read it, since engines do; requests knows neither ports of
addresses nor IPv6 there.
"""

from __future__ import annotations

import ipaddress
import os
import re
from importlib.util import find_spec
from urllib.parse import urlsplit
from urllib.request import getproxies

from requests.utils import get_environ_proxies, select_proxy

from pinner.model.errors import ConfigError
from pinner.model.shown import escaped

_WEB = frozenset({"http", "https"})
_SOCKS = frozenset({"socks4", "socks4a", "socks5", "socks5h"})
_PORTS = {"http": 80, "https": 443}


def proxies_for(url: str) -> dict[str, str]:
    """Give the proxies by scheme, as requests takes them; none where `NO_PROXY` names the host.

    Raises ConfigError where the proxy is of a kind that cannot be used.
    """
    exceptions = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
    if exceptions and is_excepted(url, exceptions):
        return {}
    # Without the variable, systems that have settings of their own are asked.
    found = getproxies() if exceptions else get_environ_proxies(url)
    proxy = select_proxy(url, found)
    if proxy and "://" in proxy:
        _check_scheme(proxy.partition("://")[0].lower())
    return found


def _check_scheme(scheme: str) -> None:
    """Refuse what no request could go through; the proxy's name stays unsaid, it may hold a key."""
    if scheme in _SOCKS and find_spec("socks") is None:
        raise ConfigError(
            f"a proxy of the environment is a SOCKS proxy ({scheme}://), which needs an extra: "
            "pip install 'pinner-lock[socks]'"
        )
    if scheme not in _WEB | _SOCKS:
        known = ", ".join(sorted(_WEB | _SOCKS))
        raise ConfigError(
            f"a proxy of the environment has the scheme {escaped(scheme)!r}; there are {known}"
        )


def is_excepted(url: str, exceptions: str) -> bool:
    """Say whether a list as in `NO_PROXY` names a URL's host.

    An entry is `*`, a name (which stands for the names below it, too), an address, or a network
    as `10.0.0.0/8`; names and addresses may have a port, as in `[fd00::1]:5000`.
    """
    parts = urlsplit(url)
    name = (parts.hostname or "").lower().removesuffix(".")
    port = parts.port or _PORTS.get(parts.scheme)
    return any(_names(entry, name, port) for entry in re.split(r"[,\s]+", exceptions) if entry)


def _names(entry: str, name: str, port: int | None) -> bool:
    if entry == "*":
        return True
    address = _address(name)
    if "/" in entry:
        try:
            return address is not None and address in ipaddress.ip_network(entry, strict=False)
        except ValueError:
            return False
    if _address(entry) is None:  # else its colons are no port's
        entry, its_port = _split_port(entry.lower())
        if its_port not in (None, port):
            return False
    if address is not None or _address(entry) is not None:
        return address == _address(entry)
    entry = entry.removeprefix("*").strip(".")
    return bool(entry) and (name == entry or name.endswith(f".{entry}"))


def _split_port(entry: str) -> tuple[str, int | None]:
    match = re.fullmatch(r"(.*):([0-9]{1,5})", entry)
    return (match[1], int(match[2])) if match else (entry, None)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(text.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, ipaddress.IPv6Address) else found
