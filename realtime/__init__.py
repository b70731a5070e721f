"""The live control plane: sockets, seats, alarms; it never decodes an image."""
