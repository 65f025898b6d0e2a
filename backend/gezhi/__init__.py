"""Gezhi 格治: the closed loop of grid governance."""
