"""Bodies of answers, read within a limit of size: as they are sent, and as they are decoded."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from pinner.model.errors import AnswerError

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

    from pinner.registry.time_limit import TimeLimit

_CHUNK = 64 * 1024
_CODINGS = frozenset({"gzip", "x-gzip", "deflate"})
_EITHER_HEADER = zlib.MAX_WBITS | 32  # gzip's or zlib's


class BrokenBodyError(Exception):
    """The connection ended before the body did."""


def read_body(response: BaseHTTPResponse, limit: int, time_limit: TimeLimit) -> bytes:
    """Read a body; raises AnswerError, BrokenBodyError and urllib3's and zlib's own errors.

    It is decoded here, since older releases of urllib3 decode a whole chunk, which may hold a
    thousand times its size, before anybody can count.
    """
    coding = response.headers.get("Content-Encoding", "").strip().lower() or "identity"
    if coding not in _CODINGS and coding != "identity":
        raise AnswerError("answers in a coding that was not asked for")
    inflater = zlib.decompressobj(_EITHER_HEADER) if coding in _CODINGS else None
    received, body = 0, bytearray()
    # read1 gives what has come so far, and does not wait for a whole chunk.
    while chunk := response.read1(_CHUNK, decode_content=False):
        time_limit.left()
        received += len(chunk)
        body += inflater.decompress(chunk, limit + 1 - len(body)) if inflater else chunk
        if received > limit or len(body) > limit:
            raise AnswerError(f"answers with more than {limit // 1024} KiB")
    announced = response.headers.get("Content-Length", "")
    is_cut = announced.isdigit() and received < int(announced)
    if is_cut or (inflater is not None and received and not inflater.eof):
        raise BrokenBodyError
    return bytes(body)
