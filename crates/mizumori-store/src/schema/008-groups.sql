-- Of whom no group was told nobody knows whether he is in none: what is not known is no list, until the directory was read again.

UPDATE holder SET groups = 'null' WHERE groups = '[]';
