"""The operator's side: the platform's verbs of ``hanoi``, processes, settings put together, the agency simulator."""
