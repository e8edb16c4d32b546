"""A simulated city: seeded, reproducible deliveries in the layouts of real agencies, with the faults that agencies make."""
