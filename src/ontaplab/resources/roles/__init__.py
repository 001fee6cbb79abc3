"""/security/roles"""
