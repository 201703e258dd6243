"""What changes when a trade link opens or closes, and who holds leverage over whom."""
