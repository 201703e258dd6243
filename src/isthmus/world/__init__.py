"""What exists: economies, sectors, accounts, network, and where each table came from."""
