"""Readers of text, tables and JSON lines, compressed or not, block by block."""
