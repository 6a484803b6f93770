"""Signatures, key encapsulation and key pools: what they weigh, take and cost. Pure, no clock."""
