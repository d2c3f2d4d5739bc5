"""Figures of the whole alliance, made of what its members publish and of nothing else."""
