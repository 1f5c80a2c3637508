"""Talking to connected shops: WooCommerce's REST API, Shopify's GraphQL Admin API, and when to leave them alone."""
