"""What an adversary changes: threats, each a part of the scenario with optional hooks."""
