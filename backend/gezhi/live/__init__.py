"""Live: what happens in a reader's scope, as it happens."""
