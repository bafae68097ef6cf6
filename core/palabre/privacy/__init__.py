"""Personal data: handed out, erased, forgotten in time, and told of in the register."""
