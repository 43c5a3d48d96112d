"""The starter: a network that has read many lists, and its adaptation to a small one."""
