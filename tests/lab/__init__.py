"""The laboratory of faults: break everything around the money; count what is lost, doubled or unbalanced."""
