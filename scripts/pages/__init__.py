"""The pages of the site that are made, not written: what each public name, path and command is."""
