"""Airflow DAG files (wiring only), and the steps and sources they are made of, which know nothing of Airflow."""
