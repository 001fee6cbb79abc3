"""What copies of a volume hold: their snapshots in common, how old and how well they are, what going to one gives up.

`target` puts a back end's together as a place to go to.
"""
