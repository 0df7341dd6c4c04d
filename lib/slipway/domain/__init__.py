"""What a build knows: text in, frozen values out; no file, process or network."""
