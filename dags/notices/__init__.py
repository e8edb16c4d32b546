"""Notices: what an agency or the operator is told when a delivery fails or is late. Nothing here imports Airflow."""

from dags.notices.outbox import Notice, Outbox

__all__ = ["Notice", "Outbox"]
