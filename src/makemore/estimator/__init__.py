"""`MakeMore`, the class that users meet."""
