"""/storage/volumes/{volume.uuid}/snapshots"""
