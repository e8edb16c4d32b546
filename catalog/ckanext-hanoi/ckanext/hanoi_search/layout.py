"""The number of the index's layout, in a module that costs nothing to import."""

# A change of the tables' shape or of how text is folded gets the next number: an index of another number is dropped and
# built anew from CKAN's own tables.
LAYOUT = "4"
