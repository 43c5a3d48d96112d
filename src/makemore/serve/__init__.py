"""The HTTP API: `makemore serve`."""
