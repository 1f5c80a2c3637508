"""What happens to an order once it is placed: paid, confirmed, sent, cancelled, given back.

Everything here begins with the order's row locked (`lifecycle.order_of`), then takes coupons, flash-sale items,
variants and the customer, each by id, in this order: two things that happen to an order at once wait for each other.
"""
