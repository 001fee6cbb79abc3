"""/security/accounts"""
