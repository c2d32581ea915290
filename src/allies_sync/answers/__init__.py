"""What participants sent, at work: counted, put into tables and sheets. Pure functions; nothing is fetched here."""
