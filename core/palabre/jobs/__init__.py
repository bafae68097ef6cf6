"""Work done beside the answers: later, again when it fails, or at its hour."""
