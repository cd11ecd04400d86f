"""Writing by people: forms, their preview, saving and undoing."""
