"""What people can do, and whom they can call: advice, awareness material and help lines."""
