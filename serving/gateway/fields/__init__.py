"""What each directive means, once: what a field asks for, and how what was loaded becomes its value.

Plans and the executor drive these fields, each in its own way, and know nothing of directives themselves.
"""
