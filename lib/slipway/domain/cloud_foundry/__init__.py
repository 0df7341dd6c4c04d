"""What Cloud Foundry's builder and launcher, and its buildpacks, agree on."""
