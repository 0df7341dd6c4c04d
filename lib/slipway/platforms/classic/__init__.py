"""Heroku, Dokku and herokuish, Scalingo: what each of their scripts does.

The contracts: https://devcenter.heroku.com/articles/buildpack-api,
https://devcenter.heroku.com/articles/testpack-api.
"""
