"""/protocols/cifs/sessions"""
