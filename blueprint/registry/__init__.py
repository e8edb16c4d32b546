"""The Registry: the Blueprint served over HTTP, for people, for machines and for clients of a schema registry.

It only reads. A proposal is checked and answered; a release goes through git. ``app.create_app`` builds the service and
``serve.serve`` runs it on this machine. Importing this package imports neither FastAPI nor Jinja2.
"""
