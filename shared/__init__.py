"""What every function shares: the models, the walls between tenants, and the edge of the API."""
