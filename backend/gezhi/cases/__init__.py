"""Cases, the heart: the workflow table, reports, actions, the event log, clocks and routing."""
