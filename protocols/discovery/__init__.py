"""How a client finds the gateway knowing no more than a name or an address."""
