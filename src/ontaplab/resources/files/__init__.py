"""/storage/volumes/{volume.uuid}/files"""
