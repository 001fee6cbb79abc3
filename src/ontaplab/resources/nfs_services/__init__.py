"""/protocols/nfs/services"""
