"""/protocols/san/lun-maps"""
