"""Values of JSON."""

from typing import Any

Json = dict[str, Any]  # an object, of which the values are checked where they are used
