"""Pictures: each function takes numbers and gives a matplotlib figure, to be shown or saved."""
