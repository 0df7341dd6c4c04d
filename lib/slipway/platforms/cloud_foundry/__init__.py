"""Cloud Foundry: builds an app in two halves, alone or together with other buildpacks.

Its builder calls `bin/supply` of each buildpack, and then `bin/finalize` of the last one:
https://docs.cloudfoundry.org/buildpacks/understand-buildpacks.html
"""
