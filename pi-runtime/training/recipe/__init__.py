"""Trains VisionVend's own detector from rendered scenes. Start with README.md beside this package."""
