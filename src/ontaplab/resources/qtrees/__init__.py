"""/storage/qtrees"""
