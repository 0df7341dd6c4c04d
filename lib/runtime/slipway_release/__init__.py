"""The release step of a Django app: wait for the databases, migrate once, set up what is new.

Runs in the app's own Python, with nothing but the standard library and Django 2.2 or newer.
"""
