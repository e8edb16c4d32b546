"""CKAN's dataset search on PostgreSQL, behind the seam where CKAN talks to Solr."""
