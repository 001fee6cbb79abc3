"""/support/ems"""
