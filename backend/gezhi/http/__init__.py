"""What every endpoint shares: problems, strict bodies, cursors, limits, headers, logs, metrics. Knows no domain."""
