"""/protocols/nfs/export-policies"""
