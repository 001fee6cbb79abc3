"""/protocols/cifs/services"""
