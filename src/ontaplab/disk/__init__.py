"""A volume's bytes as plain files.

    volume      VolumeDirectory: the live tree, the snapshots, what is unfinished
    difference  what turns one snapshot into another, as a list of entries
    stream      the bytes of a difference, from any offset
    receiver    a tree made of a base, a difference and its stream
    exports     where clients find the volumes
    copying, content, tree    the parts they are made of

Plain blocking functions, meant for a worker thread. An OSError goes to the caller as it is; what was unfinished then is
not visible to clients.
"""
