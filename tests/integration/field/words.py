"""Requirements and files that ask for something unusual, and the words for it."""
