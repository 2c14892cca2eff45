"""White space and base64url as Go knows them.

Python's `strip` takes U+001C to U+001F for white space too. Its decoders of base64 take the letters
of both alphabets, and joserfc's refuses what Go ignores: line ends, and bits after the last byte.
"""

from __future__ import annotations

import base64
import re

_SPACES = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")
_LINE_ENDS = dict.fromkeys(map(ord, "\r\n"))
_REMOVED = dict.fromkeys(map(ord, _SPACES))


def trimmed(text: str) -> str:
    """The text without white space around it."""
    return text.strip(_SPACES)


def without_spaces(text: str) -> str:
    """The text without any white space."""
    return text.translate(_REMOVED)


def base64url(text: str) -> bytes | None:
    """Decode unpadded base64url, in which Go skips line ends; None if it is not that."""
    bare = text.translate(_LINE_ENDS)
    if not _BASE64URL.fullmatch(bare) or len(bare) % 4 == 1:
        return None
    return base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
