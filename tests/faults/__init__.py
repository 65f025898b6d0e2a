"""The crash rig (promises G1, G3, G4, G6): a whole house under load, broken on purpose, and checked against what its
callers wrote down.
"""
