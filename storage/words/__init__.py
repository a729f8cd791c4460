"""What is kept of messages' words, so that searches need not read messages."""
