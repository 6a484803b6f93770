"""Signatures, key encapsulation and key management: what they weigh, take and cost. Pure, no clock."""
