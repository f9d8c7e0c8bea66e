"""Measurements of the running product, as ratios against a baseline named beside each."""
