"""The Hugging Face Hub's own clients, with bounded patience, and what their failures mean."""

from __future__ import annotations

import os
import re
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from glob import escape
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies, proxy_bypass

from labutils.common.errors import LabError
from labutils.common.files import first_line

SILENCE = 7.0
"""Seconds; the variable HF_HUB_DOWNLOAD_TIMEOUT replaces it."""
TRIES = 3
"""Of one request, from the same byte on: a download that gets on may break off any number of times.

The clients' own patience is up to six times 60 s, and as long as a 429 says.
"""
AGAIN = "Run the same again later; files that came whole are kept."


class _Watch:
    """What has happened since the last `loading` began."""

    def __init__(self) -> None:
        self.asked: Counter[tuple[str, str | None]] = Counter()
        self.failures = 0  # in a row
        self.fault: Exception | Any = None  # the last one: an exception, or a response
        self.refusal: Any = None  # the last response that told that something is not to be had
        self.answered = self.given_up = False

    def check(self, request: Any) -> None:
        """Raise what the clients take for offline mode once there is no point in asking on.

        Then they turn to the cache on this machine, and do not try again.
        """
        from huggingface_hub.errors import OfflineModeIsEnabled

        # A file whose body falls silent began with a good answer; only asking again tells of it.
        what = (str(request.url), request.headers.get("Range"))
        self.asked[what] += request.method == "GET" and "/resolve/" in what[0]
        if self.failures >= TRIES or self.asked[what] > TRIES:
            self.given_up = True
        if self.given_up:
            raise OfflineModeIsEnabled(f"given up after {TRIES} failed tries: {request.url}")

    def note(self, outcome: Exception | Any) -> None:
        """Count an exception, or a response."""
        status = getattr(outcome, "status_code", None)
        if status and status < 500 and status not in (408, 429):
            self.failures, self.answered = 0, self.answered or status < 400
            if (_status(outcome) or 0) >= 400:
                self.refusal = outcome
        else:
            self.failures, self.fault = self.failures + 1, outcome
            # To ask on would only prolong the ban (huggingface_hub#3377).
            self.given_up |= status == 429


_watch: _Watch | None = None  # outside of `loading` nothing is bounded


def offline() -> bool:
    """Whether the user wants nothing from the Hub."""
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "TRUE", "YES", "ON")


def hub_reachable() -> bool:
    """Whether a connection to the Hub, or to the proxy on the way there, opens in two seconds.

    Asked before the Hub's own client, whose retries take 25-45 s offline.
    """
    if offline():
        return False
    address = _proxy() or _hub()
    port = address.port or (443 if address.scheme == "https" else 80)
    try:
        socket.create_connection((address.hostname, port), timeout=2).close()
    except OSError:
        return False
    return True


@cache
def bound_patience() -> None:
    """Have huggingface_hub, and with it transformers and datasets, give up after TRIES silences.

    Call it before these libraries are imported.
    """
    # Its downloader of large files waits for minutes whatever is set; the plain one resumes, too.
    os.environ.setdefault("HF_HUB_DISABLE_XET", "1")
    import huggingface_hub

    if offline():
        return
    session = huggingface_hub.get_session()
    client: Any = type(session)
    of_requests = not hasattr(huggingface_hub, "set_client_factory")  # else of httpx

    class Bounded(client):
        def send(self, request: Any, **options: Any) -> Any:
            if (watch := _watch) is None:
                return super().send(request, **options)
            watch.check(request)
            if of_requests:
                options["timeout"] = silence()
            else:
                each = ("connect", "read", "write", "pool")
                request.extensions["timeout"] = dict.fromkeys(each, silence())
            try:
                response = super().send(request, **options)
            except Exception as error:  # of any kind: it is counted, and goes on
                watch.note(error)
                raise
            watch.note(response)
            return response

    if of_requests:
        huggingface_hub.configure_http_backend(Bounded)
    else:
        as_before = dict(event_hooks=session.event_hooks, follow_redirects=True, timeout=None)
        huggingface_hub.set_client_factory(lambda: Bounded(**as_before))


def silence() -> float:
    """Seconds without a byte after which a request has failed."""
    return float(os.environ.get("HF_HUB_DOWNLOAD_TIMEOUT") or SILENCE)


@contextmanager
def loading(kind: str, source: str | Path) -> Iterator[None]:
    """Turns whatever goes wrong while loading from a folder or the Hub into one LabError.

    Args:
        kind: "model", "tokenizer" or "dataset".
        source: a folder or a Hub id.
    """
    global _watch
    bound_patience()
    before, _watch = _watch, (watch := _Watch())
    try:
        yield
    except LabError:
        raise
    except Exception as error:  # of any kind: each library has its own, and so has each file format
        if any("Consistency check" in str(each) for each in causes(error)):
            _forget_beginnings(source)
        raise LabError(_message(kind, source, error, watch)) from error
    finally:
        _watch = before
    # transformers does without a file that it could not fetch. From the cache alone that is right.
    if watch.given_up and watch.answered:
        raise LabError(_message(kind, source, None, watch))


def _forget_beginnings(source: str | Path) -> None:
    """Delete what has come of a Hub id's unfinished files, as it is not theirs.

    huggingface_hub below 2 goes on from a file that is too long already, and never gets it right.
    """
    from huggingface_hub.constants import HF_HUB_CACHE

    name = str(source).replace("/", "--")
    for path in Path(HF_HUB_CACHE).glob(f"*--{escape(name)}/blobs/*.incomplete"):
        with suppress(OSError):
            path.unlink()


def _message(kind: str, source: str | Path, error: Exception | None, watch: _Watch) -> str:
    begin = f"The {kind} {str(source)!r} could not be loaded"
    end = "Or use the offline track: LAB_TRACK=tiny."
    if not Path(source).is_dir() and (found := _cause_and_cure(error, watch)):
        return f"{begin} from the Hub: {found[0]}. {found[1]} {end}"
    what = f"{type(error).__name__}: {first_line(error)}" if error else "not all of it came"
    return (
        f"{begin} ({what}). Check the id or folder and the network and try again "
        f"(finished files are kept). {end}"
    )


def _cause_and_cure(error: Exception | None, watch: _Watch) -> tuple[str, str] | None:
    """What kept the Hub's files from coming, and what helps; None if nothing known did."""
    chain = [*causes(error), *causes(watch.fault)]
    told = " ".join(f"{type(each).__name__}: {each}" for each in chain)
    responses = [getattr(each, "response", None) for each in chain]
    response = next((found for found in [*responses, watch.fault] if _status(found)), None)
    status = _status(response)
    trouble = re.search(
        "Timeout|Connect|Protocol|ReadError|Chunked|Consistency|Offline|Proxy", told
    )
    if not status and not trouble:  # datasets keeps the response to itself
        status = _status(watch.refusal)
    if "CERTIFICATE_VERIFY_FAILED" in told:
        return (
            "its certificate is not known on this machine, as it happens behind an institution's "
            "firewall",
            "Ask the institution for its certificates (a .pem file), and name that file in the "
            "variables SSL_CERT_FILE and REQUESTS_CA_BUNDLE.",
        )
    if status == 407 or "407" in told and "Proxy" in told:
        return (
            f"the proxy {_proxy_name()} wants a name and a password (407)",
            "Put them into the variable HTTPS_PROXY=http://NAME:PASSWORD@HOST:PORT.",
        )
    if status == 429:
        wait = _seconds_to_wait(response)
        return (
            f"the Hub asks to wait {wait or 'some time'}{' s' * bool(wait)}, because too many "
            "requests came from this address (429)",
            "Wait so long and run the same again. A class behind one address shares its limit; "
            "with a token of your own (variable HF_TOKEN) you have a limit of your own.",
        )
    if status in (401, 403, 404):
        return (
            f"there is none of this id, or not for everybody ({status})",
            "Check the id. A private or gated one needs your token in the variable HF_TOKEN.",
        )
    if status and status >= 500:
        return f"the Hub is out of order ({status})", AGAIN
    if "ProxyError" in told:
        return f"the proxy {_proxy_name()} does not let it through", _PROXY_CURE
    if "Timeout" in told:
        who = f"the proxy {proxy} does" if (proxy := _proxy_name()) else "the Hub does"
        cure = f"{_PROXY_CURE} " if proxy else ""
        return (
            f"{who} not answer, or fell silent for {silence():g} s",
            f"{cure}{AGAIN} If your network is that slow, set HF_HUB_DOWNLOAD_TIMEOUT=60.",
        )
    if trouble:
        return (
            "the connection is not made, breaks off or falls silent, or a file came of another "
            "length than announced",
            AGAIN,
        )
    return None


_PROXY_CURE = "Check the variable HTTPS_PROXY, or set NO_PROXY=huggingface.co to go without it."


def causes(error: Any) -> Iterator[BaseException]:
    """An exception and those it came from, the first of them last; none of anything else."""
    while isinstance(error, BaseException):
        yield error
        error = error.__cause__ or error.__context__


def _status(response: Any) -> int | None:
    """A response's status; None of an exception, and where one file of several is not there."""
    status = getattr(response, "status_code", None)
    optional = status == 404 and response.headers.get("X-Error-Code") == "EntryNotFound"
    return None if optional else status


def _seconds_to_wait(response: Any) -> str | None:
    headers = response.headers
    reset = re.search(r"t=(\d+)", headers.get("RateLimit") or "")
    return headers.get("Retry-After") or (reset[1] if reset else None)


def _hub() -> SplitResult:
    return urlsplit(os.environ.get("HF_ENDPOINT") or "https://huggingface.co")


def _proxy() -> SplitResult | None:
    """The address of the proxy on the way to the Hub; None without one."""
    hub = _hub()
    proxy = getproxies().get(hub.scheme)
    return urlsplit(proxy) if proxy and not proxy_bypass(hub.hostname or "") else None


def _proxy_name() -> str | None:
    """HOST:PORT of that proxy, without the name and the password that may stand before it."""
    proxy = _proxy()
    return proxy and proxy.netloc.rpartition("@")[2]
