"""/storage/snapshot-policies"""
