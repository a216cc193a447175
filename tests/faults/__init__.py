"""The fault table: each fault of models and of Discord through sockets, and what people see of it.

``python -m tests.faults`` prints it; `tests.faults.test_faults` holds some rows of each kind.
"""
