"""What the paper says, and what follows from that alone."""
