"""Who reaches what: every operation x who asks x how they stand to the thing (rules P1, P7, P8)."""
