"""/protocols/nfs/connected-clients"""
