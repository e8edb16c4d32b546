"""Where deliveries come from and how their tables are read. Nothing here imports Airflow."""
