"""What people do: open an engagement, keep it in step, look at it, leave it. Each use case plans, then applies."""
