"""PyTorch building blocks of networks, and base classes that return NumPy arrays."""
