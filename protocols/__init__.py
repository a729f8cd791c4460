"""Every wire the gateway speaks. The packages in here are strangers to each other and to the tables."""
