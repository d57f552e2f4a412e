"""What an SDL file may say of a field: the directives, and the definitions that every file starts from."""
