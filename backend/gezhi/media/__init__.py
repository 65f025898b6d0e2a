"""Media: photos by content hash, checked, cleaned, stored, and served by signed links."""
