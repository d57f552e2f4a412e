"""The store in Google Bigtable, or in its emulator."""
