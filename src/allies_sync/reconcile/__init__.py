"""Desired, seen and remembered make a plan; applying the plan makes them agree. Decisions are pure functions."""
