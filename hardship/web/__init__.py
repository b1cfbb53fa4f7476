"""What the rooms' pages share: headers, sessions, access, widgets, filters, error pages. Begin at `setup.install`."""
