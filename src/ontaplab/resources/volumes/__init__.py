"""/storage/volumes"""
