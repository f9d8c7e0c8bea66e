"""A proposal is bound to its arguments: change one and it is another proposal."""

import hashlib
import json
from typing import Any


def arguments_hash(arguments: dict[str, Any]) -> str:
    """The fingerprint of a proposal's arguments."""
    canonical = json.dumps(arguments, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
