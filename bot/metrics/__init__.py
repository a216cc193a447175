"""Figures for Prometheus; imported only where ``METRICS_PORT`` is set."""
