"""What readers see: the agenda, its filters, its pages."""
