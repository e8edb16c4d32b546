"""The catalogue's side of the platform: the publisher here, the server and its plugins in environments of their own."""
