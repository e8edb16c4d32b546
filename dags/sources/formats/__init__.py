"""Readers of the formats beside CSV and workbooks: each gives the table of one file as blocks of rows of text.

``sniff`` tells a file's format by its content; ``readers`` opens the table that a reading declares.
"""
