"""/storage/luns"""
