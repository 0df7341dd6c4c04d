"""Pure logic: text in, frozen values out, without files, processes or the network."""
