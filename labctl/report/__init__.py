"""Figures, reports and exports of finished runs."""
