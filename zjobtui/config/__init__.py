"""What the user configures: settings, tenants and their secrets, and the paths of files."""
