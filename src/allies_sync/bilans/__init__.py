"""The bilan of an engagement: its draft, what people picked for it, its publication."""
