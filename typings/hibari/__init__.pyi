# What the server uses of hibari, which has no types.
