"""What the simulated servers of all platforms are made of: a clock, a request log, faults, a small HTTP server."""
