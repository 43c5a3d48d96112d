"""From files to lines: text, tables and JSON lines, packed or not, block by block."""
