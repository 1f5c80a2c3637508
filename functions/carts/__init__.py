"""Carts: what a shopper means to buy, what it comes to, and how it becomes an order."""
