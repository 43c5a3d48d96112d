"""What happens inside a network, in numbers."""
