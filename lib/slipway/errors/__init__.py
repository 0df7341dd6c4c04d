"""What can stop a build, as data: what was found, never what to say about it.

A module a subject; the words stand in `messages`, one for each class here, and a test holds
the two equal.
"""
