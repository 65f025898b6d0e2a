"""Sync: what a phone pulls to work without a network, and the proof that what it sent has arrived."""
