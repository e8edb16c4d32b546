"""The public face of Hà Nội Cloud in CKAN: pages, files and their two languages."""
