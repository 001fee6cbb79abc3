"""/svm/peer-permissions"""
