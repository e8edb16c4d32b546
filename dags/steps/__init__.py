"""The steps of a run. Nothing here imports Airflow."""
