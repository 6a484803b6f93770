"""qflsim."""
