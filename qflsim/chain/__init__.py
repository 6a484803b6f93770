"""Ledgers and agreement on their blocks. Pure, no clock."""
