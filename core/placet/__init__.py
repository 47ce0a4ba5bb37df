"""placet: may they do this, and where not, who can say yes?"""
