"""The delivery gateway: agencies push files over HTTP with their own token, resumable by the tus protocol."""
