"""The commands: parse, call a use case, show what came of it. Nothing is imported before it is needed."""
