"""The errors that can stop a build, as data: what was found, without any words about it.

There is one module per subject. `messages` has the words of each class, and a test checks that
none is missing.
"""
