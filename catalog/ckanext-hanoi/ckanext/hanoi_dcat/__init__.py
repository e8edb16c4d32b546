"""The catalogue for machines: DCAT-AP 3, schema.org, Croissant and a sitemap, of public datasets alone."""
