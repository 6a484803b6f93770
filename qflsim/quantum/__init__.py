"""Circuits under noise, the training engine, quantum processors, key distribution and entanglement."""
