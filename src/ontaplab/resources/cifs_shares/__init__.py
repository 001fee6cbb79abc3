"""/protocols/cifs/shares"""
