"""What is made of the case study's runs: tables, claims and figures."""
